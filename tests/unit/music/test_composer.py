"""A mood in, a playlist out, never an empty one."""

from dataclasses import replace

import pytest

from mare_services.contract.errors import SourceTimedOut
from mare_services.contract.music import Mood, MusicRequest, Track
from mare_services.music.adapters.catalogue import Catalogue, Work, shipped_works
from mare_services.music.composer import compose
from mare_services.music.domain.language_areas import LanguageArea
from mare_services.music.domain.material import Material, MaterialQuery, PlaylistLink
from mare_services.upstream.cache import Cached

CATALOGUE = Catalogue(shipped_works())


class Live:
    """A live source with so many tracks, or out of order."""

    def __init__(self, tracks=60, *, playlists=(), stale=False, explicit=False):
        self.queries = []
        self._material = tracks and Material(
            source="spotify",
            tracks=tuple(
                Track(title=f"T{n}", artists=(f"A{n}",), url="https://x", explicit=explicit)
                for n in range(tracks)
            ),
            playlists=playlists,
        )
        self._stale = stale

    def get(self, query):
        self.queries.append(query)
        if not self._material:
            raise SourceTimedOut("spotify cannot be reached.", {"source": "spotify"})
        return Cached(self._material, self._stale)


def composed(live, *, catalogue=CATALOGUE, **changes):
    wanted = {"mood": Mood.MELLOW, "market": "BR", "lang": "pt", "limit": 20, "seed": "s"}
    return compose(MusicRequest(**(wanted | changes)), live=live, catalogue=catalogue)


def test_a_live_source_fills_the_playlist_alone():
    links = (PlaylistLink(name="Bossa", url="https://open.spotify.com/playlist/b"),)
    answer = composed(Live(playlists=links))

    assert len(answer.playlist.tracks) == 20
    assert (answer.playlist.source, answer.playlist.filled) == ("spotify", 0)
    assert answer.playlist.url == "https://open.spotify.com/playlist/b"
    assert answer.playlist.name == "Suave, com bossa e MPB"
    assert answer.attribution == ("Music metadata by Spotify",)
    assert not answer.degraded


def test_sources_receive_only_the_fields_that_change_the_material():
    live = Live()
    composed(live, market="br", seed="a", limit=1, explicit=False)
    composed(live, market="BR", seed="b", limit=50)

    query = MaterialQuery(mood=Mood.MELLOW, market="BR", area=LanguageArea.LUSOPHONE)
    assert live.queries == [query, query]


def test_the_seed_decides_and_nothing_but_the_seed():
    assert composed(Live(), seed="a") == composed(Live(), seed="a")
    assert composed(Live(), seed="a").playlist.tracks != composed(Live(), seed="b").playlist.tracks
    assert (
        composed(Live(), seed="a").playlist.tracks[:5]
        == composed(Live(), seed="a", limit=5).playlist.tracks
    )


def test_without_a_playlist_the_link_leads_to_a_search_for_one():
    assert composed(Live()).playlist.url == (
        "https://open.spotify.com/search/bossa%20nova/playlists"
    )


def test_the_catalogue_fills_a_playlist_with_too_few_live_tracks():
    answer = composed(Live(tracks=3))

    assert len(answer.playlist.tracks) == 20
    assert [each.url for each in answer.playlist.tracks[:3]] == ["https://x"] * 3
    assert all("/search/" in each.url for each in answer.playlist.tracks[3:])
    assert (answer.playlist.source, answer.playlist.filled) == ("spotify", 17)
    assert answer.attribution == (
        "Music metadata by Spotify",
        "Curated catalogue of the Maré project (CC0)",
    )
    assert answer.degraded


def test_explicit_tracks_are_replaced_when_they_are_not_welcome():
    answer = composed(Live(explicit=True), explicit=False)

    assert answer.playlist.filled == 20
    assert not any(each.explicit for each in answer.playlist.tracks)
    assert composed(Live(explicit=True)).playlist.filled == 0


def test_stale_tracks_are_marked_as_stale():
    answer = composed(Live(stale=True))

    assert answer.playlist.stale
    assert answer.degraded


@pytest.mark.parametrize("mood", Mood)
@pytest.mark.parametrize("market", ["BR", "US", "JP", "AQ"])
def test_without_a_live_source_the_catalogue_fills_the_longest_playlist(mood, market):
    answer = composed(Live(tracks=0), mood=mood, market=market, limit=50, explicit=False)

    assert len(answer.playlist.tracks) == 50
    assert (answer.playlist.source, answer.playlist.filled) == ("catalogue", 0)
    assert answer.attribution == ("Curated catalogue of the Maré project (CC0)",)
    assert answer.degraded


def test_the_catalogue_sounds_like_home():
    def share(market, lang, language):
        at_home = {work.track for work in shipped_works() if work.language == language}
        answers = [
            composed(Live(tracks=0), market=market, lang=lang, seed=str(seed)) for seed in range(20)
        ]
        chosen = [each for answer in answers for each in answer.playlist.tracks]
        return sum(each in at_home for each in chosen) / len(chosen)

    assert share("BR", "pt", "pt") > 0.7
    assert share("US", "pt", "pt") > 0.5
    assert share("US", "en", "en") > 0.5
    assert share("US", "en", "pt") < 0.4


def test_the_artists_own_country_sounds_like_home_without_words_too():
    def work(title, country):
        return Work(
            title=title, artists=(title,), year=1900, moods=frozenset({Mood.MELLOW}),
            language="zxx", country=country, explicit=False,
        )  # fmt: skip

    query = MaterialQuery(mood=Mood.MELLOW, market="IS", area=LanguageArea.INTERNATIONAL)
    catalogue = Catalogue([work("A", "IS"), work("B", "DE")])
    material = catalogue.material(query)

    assert {track.title for track in material.preferred} == {"A"}
    assert catalogue.material(replace(query)) is material  # a scan of all works is not repeated


def test_without_a_catalogue_errors_pass_and_short_playlists_stay_short():
    with pytest.raises(SourceTimedOut):
        composed(Live(tracks=0), catalogue=None)
    assert len(composed(Live(tracks=3), catalogue=None).playlist.tracks) == 3
