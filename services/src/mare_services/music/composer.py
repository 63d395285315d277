"""Composes a playlist for a mood."""

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.music import Composed, MusicRequest, Playlist
from mare_services.music.adapters.catalogue import Catalogue, search_link
from mare_services.music.domain.language_areas import language_area
from mare_services.music.domain.material import Material, MaterialQuery
from mare_services.music.domain.selection import pick, pick_playlist, ranked
from mare_services.music.vocabulary import title_of, words_for
from mare_services.upstream.cache import Cached
from mare_services.upstream.sources import CachedSources

_ATTRIBUTIONS = {
    "spotify": "Music metadata by Spotify",
    "deezer": "Music metadata by Deezer",
    "catalogue": "Curated catalogue of the Maré project (CC0)",
}


def compose(
    request: MusicRequest,
    *,
    live: CachedSources[MaterialQuery, Material],
    catalogue: Catalogue | None,
) -> Composed:
    """Return a playlist for the mood.

    The tracks come from the ``live`` sources. The ``catalogue`` replaces sources that fail, and
    adds tracks if there are too few. ``None`` switches it off.
    """
    market = request.market.upper()
    area = language_area(market, request.lang)
    query = MaterialQuery(mood=request.mood, market=market, area=area)
    embedded = catalogue.material(query) if catalogue else None
    try:
        found = live.get(query)
    except SourceUnavailable:
        if embedded is None:
            raise
        found = Cached(embedded, stale=False)
    return _composed(request, query, found, embedded)


def _composed(
    request: MusicRequest,
    query: MaterialQuery,
    found: Cached[Material],
    embedded: Material | None,
) -> Composed:
    material = found.value
    candidates = ranked(material, request.seed)
    own = pick(candidates, limit=request.limit, explicit=request.explicit)
    tracks = own
    if len(own) < request.limit and embedded is not None and embedded is not material:
        candidates += ranked(embedded, request.seed)
        tracks = pick(candidates, limit=request.limit, explicit=request.explicit)
    link = pick_playlist(material.playlists, request.seed)
    phrase = words_for(query.mood, query.area).phrases[0]
    playlist = Playlist(
        name=title_of(request.mood, request.lang),
        url=link.url if link else search_link(phrase, "playlists"),
        source=material.source,
        tracks=tracks,
        stale=found.stale,
        filled=len(tracks) - len(own),
    )
    attribution = (_ATTRIBUTIONS[material.source],)
    return Composed(
        playlist=playlist,
        attribution=(*attribution, _ATTRIBUTIONS["catalogue"]) if playlist.filled else attribution,
    )
