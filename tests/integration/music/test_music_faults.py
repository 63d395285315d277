"""The whole service without its broker: whatever the upstreams do, there is music in time."""

import statistics
import time

import pytest

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.music import Mood, MusicRequest
from mare_services.music.assembly import composer
from mare_services.music.settings import Settings
from mare_services.upstream import client
from mare_services.upstream.client import CONNECT_SECONDS
from tests.fakes.upstreams import deezer, faults, spotify
from tests.fakes.upstreams.server import upstream
from tests.fakes.upstreams.spotify import CLIENT_ID, SECRET, FakeSpotify
from tests.integration.weather.assembling import (
    BUSY_SECONDS,
    LIVE_SECONDS,
    NOT_WAITED,
    PATIENT_SECONDS,
    in_background,
)


@pytest.fixture
def spotify_server():
    with spotify.spotify(FakeSpotify()) as server:
        yield server


@pytest.fixture
def deezer_server():
    with upstream(deezer.play) as server:
        yield server


@pytest.fixture
def environ(spotify_server, deezer_server):
    return {
        "MUSIC_SPOTIFY_CLIENT_ID": CLIENT_ID,
        "MUSIC_SPOTIFY_CLIENT_SECRET": SECRET,
        "MUSIC_SPOTIFY_URL": spotify_server.url,
        "MUSIC_SPOTIFY_ACCOUNTS_URL": spotify_server.url,
        "MUSIC_DEEZER_URL": deezer_server.url,
        "MUSIC_LIVE_SECONDS": str(PATIENT_SECONDS),
    }


@pytest.fixture
def compose(environ):
    return composing(environ)


def composing(environ):
    compose = composer(Settings.from_env(environ), spawn=in_background)

    def composed(mood=Mood.MELLOW, **changes):
        wanted = {"market": "BR", "lang": "pt", "limit": 20, "seed": "s"} | changes
        started = time.monotonic()
        answer = compose(MusicRequest(mood=mood, **wanted))
        return answer, time.monotonic() - started

    return composed


def median_seconds(compose, **changes):
    """How long an answer takes that nobody has to wait for."""
    return statistics.median(compose(**changes)[1] for _ in range(5))


def test_spotify_comes_first(compose, deezer_server):
    answer, _ = compose()

    assert answer.playlist.source == "spotify"
    assert answer.playlist.url.startswith("https://open.spotify.com/playlist/bossanova")
    assert len(answer.playlist.tracks) == 20
    assert not answer.degraded
    assert deezer_server.requests == []


def test_other_seeds_limits_and_listeners_cost_no_call(compose, spotify_server):
    first, _ = compose(seed="a")
    calls = len(spotify_server.requests)
    others = [compose(seed=seed, limit=20, explicit=False)[0] for seed in ("b", "c", "d")]
    again, _ = compose(seed="a")

    assert len(spotify_server.requests) == calls
    assert len({answer.playlist.tracks for answer in [first, *others]}) == 4
    assert again == first


def test_a_second_live_source_is_no_degradation(compose, spotify_server):
    spotify_server.plays(faults.BROKEN_IN_HTML)
    answer, _ = compose()

    assert answer.playlist.source == "deezer"
    assert answer.playlist.url.startswith("https://www.deezer.com/playlist/")
    assert answer.attribution == ("Music metadata by Deezer",)
    assert not answer.degraded


@pytest.mark.parametrize("fault", faults.ONE_OF_EACH_ERROR)
def test_music_is_returned_in_time_after_any_fault_of_both_upstreams(
    environ, spotify_server, deezer_server, fault
):
    compose = composing(environ | {"MUSIC_LIVE_SECONDS": str(LIVE_SECONDS)})
    for server in (spotify_server, deezer_server):
        server.plays(faults.EVERY_FAULT[fault](server))
    answer, seconds = compose()
    again, _ = compose()

    assert answer.playlist.source == "catalogue"
    assert len(answer.playlist.tracks) == 20
    assert answer.degraded
    assert seconds < LIVE_SECONDS + BUSY_SECONDS
    assert again == answer
    assert median_seconds(compose) < NOT_WAITED


@pytest.mark.parametrize(
    "answers",
    [
        [spotify.INVALID_CLIENT],
        [spotify.TOKEN, spotify.NO_PREMIUM],
        [spotify.TOKEN, spotify.LIMITED_FOR_A_DAY],
    ],
)
def test_a_permanently_failing_upstream_is_not_called(compose, spotify_server, answers):
    spotify_server.plays(*answers)
    compose()
    calls = len(spotify_server.requests)
    for mood in Mood:
        answer, _ = compose(mood)
        assert answer.playlist.source == "deezer"

    assert len(spotify_server.requests) == calls


def test_a_machine_without_internet_waits_once_and_never_again(environ, monkeypatch):
    monkeypatch.setattr(client, "CONNECT_SECONDS", CONNECT_SECONDS)
    environ["MUSIC_LIVE_SECONDS"] = str(LIVE_SECONDS)
    with faults.black_hole() as nowhere:
        for name in ("MUSIC_SPOTIFY_URL", "MUSIC_SPOTIFY_ACCOUNTS_URL", "MUSIC_DEEZER_URL"):
            environ[name] = nowhere
        compose = composing(environ)
        first, seconds = compose()
        later = [compose(mood) for mood in Mood]

    assert seconds < LIVE_SECONDS + BUSY_SECONDS
    assert statistics.median(each for _, each in later) < NOT_WAITED
    assert {answer.playlist.source for answer, _ in [(first, 0), *later]} == {"catalogue"}


def test_without_live_sources_nothing_leaves_the_machine(environ, spotify_server, deezer_server):
    answer, _ = composing(environ | {"MUSIC_SOURCES": "none"})()

    assert answer.playlist.source == "catalogue"
    assert spotify_server.requests == deezer_server.requests == []


def test_without_the_catalogue_the_last_error_is_passed_on(environ, spotify_server, deezer_server):
    for server in (spotify_server, deezer_server):
        server.plays(faults.BROKEN_IN_HTML)

    with pytest.raises(SourceUnavailable) as failure:
        composing(environ | {"MUSIC_EMBEDDED": "false"})()

    assert "secret-of-the-upstream" not in repr(failure.value)
