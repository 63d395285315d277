"""Spotify's answers: every oddity that was ever reported, one to a row."""

import json

import msgspec
import pytest

from mare_services.contract.music import MAX_TRACKS, Track
from mare_services.jobs.service import LARGEST_DOCUMENT
from mare_services.music.adapters import spotify as responses
from mare_services.music.domain.material import PlaylistLink
from tests.fakes.upstreams.spotify import playlist, track

TRACK = Track(
    title="Sina",
    artists=("Djavan",),
    url="https://open.spotify.com/track/Sina",
    album="An album",
    duration_seconds=214,
)
PLAYLIST = PlaylistLink(name="Chuva", url="https://open.spotify.com/playlist/Chuva", total=42)


def found(answer):
    return msgspec.json.decode(json.dumps(answer), type=responses.Found)


def tracks(*elements):
    return responses.tracks_of(found({"tracks": {"items": list(elements)}}))


def playlists(*elements):
    return responses.playlists_of(found({"playlists": {"items": list(elements)}}))


def sina(**changes):
    return {**track("Sina", "Djavan"), **changes}


def without(element, *names):
    return {name: value for name, value in element.items() if name not in names}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"tracks": None, "playlists": None},
        {"tracks": {}, "playlists": {}},
        {"tracks": {"items": None}, "playlists": {"items": None}},
        {"tracks": {"items": []}, "playlists": {"items": []}},
        {"tracks": {"items": [None, None]}, "playlists": {"items": [None]}},
        {"tracks": {"items": [1, "x", [], {}]}, "playlists": {"items": [1, "x", [], {}]}},
    ],
)
def test_there_may_be_nothing(answer):
    assert responses.tracks_of(found(answer)) == ()
    assert responses.playlists_of(found(answer)) == ()


@pytest.mark.parametrize("answer", [[], 1, "x", {"tracks": []}, {"tracks": {"items": {}}}])
def test_what_is_no_answer_is_not_read_as_one(answer):
    with pytest.raises(msgspec.ValidationError):
        found(answer)


@pytest.mark.parametrize(
    "element",
    [
        sina(),
        without(sina(), "preview_url", "is_playable", "is_local", "type", "explicit"),
        sina(popularity=None, external_ids=None, linked_from=None),
        sina(is_playable=None, explicit=None),
        sina(artists=[None, {"name": None}, {"name": ""}, {"name": "Djavan"}]),
        sina(duration_ms=213_573.4),
        sina(something_new={"of": 2027}),
    ],
)
def test_a_track_is_read_whatever_is_missing_or_null_around_it(element):
    assert tracks(element) == (TRACK,)


def test_album_and_duration_may_be_missing():
    (read,) = tracks(without(sina(), "album", "duration_ms"))
    (nulls,) = tracks(sina(album={"name": None}, duration_ms=None))

    assert (read.album, read.duration_seconds) == (nulls.album, nulls.duration_seconds)
    assert (read.album, read.duration_seconds) == (None, None)


@pytest.mark.parametrize(
    "element",
    [
        None,
        sina(name=None),
        sina(name="  "),
        without(sina(), "name"),
        sina(artists=None),
        sina(artists=[]),
        sina(artists=[None]),
        sina(name=" \x00\x9f"),
        sina(artists=[{"name": "\x07"}]),
        without(sina(), "artists"),
        sina(external_urls=None),
        sina(external_urls={}),
        sina(external_urls={"spotify": None}),
        sina(external_urls={"spotify": "javascript:alert(1)"}),
        sina(external_urls={"spotify": "https://x/\n"}),
        sina(external_urls={"spotify": "https://x/" + "y" * 500}),
        sina(is_playable=False),
    ],
)
def test_a_track_without_name_artist_or_link_is_dropped_and_the_rest_kept(element):
    assert tracks(element, sina(), None) == (TRACK,)


def test_all_artists_and_the_explicit_flag_are_kept():
    (read,) = tracks(sina(artists=[{"name": "Elis"}, {"name": "Tom"}], explicit=True))

    assert read.artists == ("Elis", "Tom")
    assert read.explicit is True


def test_long_texts_are_cut_so_that_the_longest_playlist_fits_into_an_event():
    long = {"name": "\N{BLACK UNIVERSAL RECYCLING SYMBOL}\N{GRINNING FACE}" * 1_000}
    url = "https://x/" + "y" * 490
    (track,) = tracks(
        sina(**long, artists=[long] * 100, album=long, external_urls={"spotify": url})
    )

    assert (len(track.title), len(track.artists), len(track.artists[0])) == (300, 8, 80)
    assert len(msgspec.json.encode([track] * MAX_TRACKS)) < 0.95 * LARGEST_DOCUMENT


@pytest.mark.parametrize("milliseconds", [-1, 0, 86_401_000, 1e308])
def test_a_duration_that_cannot_be_is_unknown(milliseconds):
    assert tracks(sina(duration_ms=milliseconds))[0].duration_seconds is None


@pytest.mark.parametrize(
    ("element", "total"),
    [
        (playlist("Chuva"), 42),
        (without(playlist("Chuva", tracks={"total": 42}), "items"), 42),
        (playlist("Chuva", items={"total": 42}, tracks={"total": 7}), 42),
        (playlist("Chuva", items=None, tracks={"total": 42}), 42),
        (playlist("Chuva", items={}, tracks={"href": "https://x", "total": 42}), 42),
        (playlist("Chuva", items=None, tracks=None), None),
        (without(playlist("Chuva"), "items", "images", "owner", "description"), None),
    ],
)
def test_the_size_of_a_playlist_is_in_items_or_in_tracks_or_unknown(element, total):
    (read,) = playlists(None, element)

    assert (read.name, read.url, read.total) == (PLAYLIST.name, PLAYLIST.url, total)


@pytest.mark.parametrize(
    "element",
    [
        None,
        playlist("Chuva", name=""),
        playlist("Chuva", name=None),
        playlist("Chuva", external_urls={}),
        playlist("Chuva", external_urls=None),
        playlist("Chuva", external_urls={"spotify": "http://insecure"}),
    ],
)
def test_a_playlist_without_name_or_link_is_dropped(element):
    assert playlists(element, playlist("Chuva")) == (PLAYLIST,)


def test_the_number_of_elements_counts_the_null_ones():
    assert responses.elements_of(found({"tracks": {"items": [None, None]}}).tracks) == [None, None]
    assert responses.elements_of(None) == []
