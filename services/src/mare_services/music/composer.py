"""Composes a playlist for a mood."""

from collections.abc import Callable

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.music import Composed, MusicRequest, Playlist
from mare_services.music.adapters.catalogue import search_link
from mare_services.music.domain.language_areas import language_area
from mare_services.music.domain.material import Material, MaterialQuery
from mare_services.music.domain.selection import pick, pick_playlist, ranked
from mare_services.music.vocabulary import title_of, words_for

Source = Callable[[MaterialQuery], Material]
"""Returns at least one track, or raises ``SourceUnavailable``."""

_ATTRIBUTIONS = {
    "spotify": "Music metadata by Spotify",
    "deezer": "Music metadata by Deezer",
    "catalogue": "Curated catalogue of the Maré project (CC0)",
}


def compose(request: MusicRequest, *, live: Source, catalogue: Source | None) -> Composed:
    """Return a playlist for the mood.

    The tracks come from the ``live`` sources. The ``catalogue`` replaces sources that fail, and
    adds tracks if there are too few. ``None`` switches it off.
    """
    query = _query(request)
    embedded = catalogue(query) if catalogue else None
    try:
        material = live(query)
    except SourceUnavailable:
        if embedded is None:
            raise
        material = embedded
    return _composed(request, query, material, embedded)


def _query(request: MusicRequest) -> MaterialQuery:
    market = request.market.upper()
    area = language_area(market, request.lang)
    return MaterialQuery(mood=request.mood, market=market, area=area)


def _composed(
    request: MusicRequest, query: MaterialQuery, material: Material, embedded: Material | None
) -> Composed:
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
        stale=material.stale,
        filled=len(tracks) - len(own),
    )
    attribution = (_ATTRIBUTIONS[material.source],)
    return Composed(
        playlist=playlist,
        attribution=(*attribution, _ATTRIBUTIONS["catalogue"]) if playlist.filled else attribution,
    )
