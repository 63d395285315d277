"""Deezer as a source, against a real server that plays it."""

import time

import pytest

from mare_services.contract.errors import SourceFailed, SourceLimited, SourceTimedOut
from mare_services.contract.music import MAX_TRACKS, Mood
from mare_services.music.adapters.deezer import Deezer
from mare_services.music.domain.language_areas import LanguageArea
from mare_services.music.domain.material import MaterialQuery
from mare_services.music.domain.selection import suffice
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient
from tests.fakes.upstreams import deezer, faults
from tests.fakes.upstreams.server import as_json, upstream

FOUND = as_json({"data": [deezer.playlist(number, f"Chuva {number}") for number in range(1, 6)]})


@pytest.fixture
def server():
    with upstream(deezer.play) as server:
        yield server


def fetch(server, seconds=60.0):
    query = MaterialQuery(mood=Mood.ACOUSTIC, market="BR", area=LanguageArea.LUSOPHONE)
    return Deezer(JsonClient("deezer", server.url)).answer(query, Budget.of(seconds))


def tracks(first, last):
    return as_json({"data": [deezer.track(f"T{n}", f"A{n}") for n in range(first, last)]})


def test_it_offers_enough_tracks_of_playlists_and_those_playlists(server):
    material = fetch(server)

    assert material.source == "deezer"
    assert suffice(material.tracks, MAX_TRACKS)
    assert material.playlists[0].name == "mpb acústico 1"
    assert material.playlists[0].url == "https://www.deezer.com/playlist/1"
    assert len(server.requests) <= 4


def test_adverts_and_fragments_are_passed_over(server):
    found = [
        None,
        deezer.playlist(1, "PROMO www.example.org"),
        deezer.playlist(2, "Chuva", nb_tracks=3),
        deezer.playlist(3, "Chuva", link=None),
        deezer.playlist(4, "Chuva"),
    ]
    server.plays(as_json({"data": found}), as_json({"data": []}), as_json({"data": []}),
                 as_json({"data": []}), tracks(0, 50))  # fmt: skip

    assert [each.url for each in fetch(server).playlists] == ["https://www.deezer.com/playlist/4"]


def test_more_words_are_tried_when_the_first_find_too_little(server):
    server.plays(
        as_json({"data": [deezer.playlist(1, "Chuva")]}),
        as_json({"data": [deezer.playlist(number, f"Outra {number}") for number in (2, 3, 4)]}),
        tracks(0, 50),
    )

    assert len(fetch(server).playlists) == 4
    assert [request.params.get("q") for request in server.requests[:3]] == [
        "mpb acústico", "voz e violão", None,
    ]  # fmt: skip


def test_an_exceeded_quota_with_status_200_is_a_rate_limit(server):
    server.plays(deezer.QUOTA_EXCEEDED)

    with pytest.raises(SourceLimited) as failure:
        fetch(server)

    assert failure.value.extra == {"source": "deezer", "code": 4, "retry_after": 5.0}
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer", [deezer.SERVICE_BUSY, deezer.error(500), as_json({"error": {"message": "?"}})]
)
def test_other_errors_with_status_200_are_failures_without_deezers_words(server, answer):
    server.plays(answer)

    with pytest.raises(SourceFailed) as failure:
        fetch(server)

    assert "Something is wrong" not in repr(failure.value)


def test_a_playlist_that_is_gone_is_passed_over(server):
    server.plays(FOUND, deezer.NO_DATA, tracks(0, 50))

    assert suffice(fetch(server).tracks, MAX_TRACKS)


def test_a_quota_met_half_way_keeps_what_is_there(server):
    server.plays(FOUND, tracks(0, 30), deezer.QUOTA_EXCEEDED)

    assert len(fetch(server).tracks) == 30


@pytest.mark.parametrize("data", [None, [], [None]])
def test_nothing_found_is_a_failure(server, data):
    server.plays(as_json({"data": data}))

    with pytest.raises(SourceFailed, match="found nothing"):
        fetch(server)


def test_no_call_outlasts_the_budget(server):
    server.plays(FOUND, faults.slow(server))
    started = time.monotonic()

    with pytest.raises(SourceTimedOut):
        fetch(server, 0.4)

    assert time.monotonic() - started < 60
