"""Deezer's tracks, one oddity to a row."""

import pytest

from mare_services.contract.music import Track
from mare_services.music.adapters.deezer import tracks_of
from tests.fakes.upstreams.deezer import track

TRACK = Track(
    title="Sina",
    artists=("Djavan",),
    url="https://www.deezer.com/track/Sina",
    album="An album",
    duration_seconds=224,
)


def sina(**changes):
    return track("Sina", "Djavan", **changes)


@pytest.mark.parametrize(
    "element",
    [
        sina(),
        sina(readable=None, explicit_lyrics=None),
        sina(something_new={}, rank=None),
        {name: value for name, value in sina().items() if name not in {"readable", "type"}},
    ],
)
def test_a_track_is_read_whatever_is_missing_around_it(element):
    assert tracks_of([element]) == (TRACK,)


@pytest.mark.parametrize(
    "element",
    [
        None,
        "x",
        {},
        sina(title=""),
        sina(title=None),
        sina(artist=None),
        sina(artist={}),
        sina(artist={"name": ""}),
        sina(link=""),
        sina(link="http://insecure"),
        sina(readable=False),
    ],
)
def test_a_track_without_title_artist_or_link_is_dropped_and_the_rest_kept(element):
    assert tracks_of([element, sina()]) == (TRACK,)


def test_album_and_duration_may_be_missing():
    (read,) = tracks_of([sina(album=None, duration=None)])

    assert (read.album, read.duration_seconds) == (None, None)


@pytest.mark.parametrize("duration", [-1, 0, 86_401, 10**30, 1e308])
def test_a_duration_that_cannot_be_is_unknown(duration):
    assert tracks_of([sina(duration=duration)])[0].duration_seconds is None


def test_the_explicit_flag_is_kept():
    assert tracks_of([sina(explicit_lyrics=True)])[0].explicit is True
