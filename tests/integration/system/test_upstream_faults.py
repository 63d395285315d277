"""Whatever the upstream APIs do, a person gets a playlist, told what is less than fresh."""

import contextlib
import signal

import pytest

from tests.fakes.upstreams import deezer, faults, met_no, open_meteo, spotify
from tests.fakes.upstreams.server import upstream
from tests.fakes.upstreams.spotify import CLIENT_ID, SECRET, FakeSpotify
from tests.system import PATIENT, running_system
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker

MOST_SECONDS = 28.0
"""Of two services that wait for 3 s each; the gateway gives up after 60, an upstream takes 30."""


@pytest.fixture(scope="module")
def upstreams():
    with contextlib.ExitStack() as stack:
        yield {
            "open-meteo": stack.enter_context(upstream(open_meteo.play)),
            "met.no": stack.enter_context(upstream(met_no.play)),
            "deezer": stack.enter_context(upstream(deezer.play)),
            "spotify": stack.enter_context(spotify.spotify(FakeSpotify())),
        }


@pytest.fixture(scope="module")
def system(rabbitmq, tmp_path_factory, upstreams):
    vhost = Vhost(rabbitmq, "system-upstreams")
    with running_system(
        vhost.amqp_uri,
        tmp_path_factory.mktemp("upstreams"),
        WEATHER_SOURCES="auto",
        WEATHER_OPEN_METEO_URL=upstreams["open-meteo"].url,
        WEATHER_MET_NO_URL=upstreams["met.no"].url,
        MUSIC_SOURCES="auto",
        MUSIC_SPOTIFY_URL=upstreams["spotify"].url,
        MUSIC_SPOTIFY_ACCOUNTS_URL=upstreams["spotify"].url,
        MUSIC_SPOTIFY_CLIENT_ID=CLIENT_ID,
        MUSIC_SPOTIFY_CLIENT_SECRET=SECRET,
        MUSIC_DEEZER_URL=upstreams["deezer"].url,
        PLAYLISTS_CACHE_SECONDS="0.001",
        WEATHER_LIVE_SECONDS="3",
        MUSIC_LIVE_SECONDS="3",
        **PATIENT,
    ) as running:
        yield running
    vhost.delete()


@pytest.fixture(autouse=True)
def healthy(upstreams):
    for server in upstreams.values():
        server.recovers()


def test_with_all_upstreams_well_nothing_is_degraded(system):
    answers = []

    def is_fresh():
        answers.append(system.get("/v1/playlists", city="Recife", limit=5).json())
        return answers[-1]["degraded"] == []

    eventually(is_fresh)  # an upstream that is held up for 3 s is left out for a while
    answer = answers[-1]
    assert answer["weather"]["source"] == "open-meteo"
    assert answer["playlist"]["source"] == "spotify"
    assert any("Open-Meteo" in line for line in answer["attribution"])


@pytest.mark.parametrize(
    "fault",
    [
        "slow",
        "500 in HTML",
        pytest.param("401", marks=pytest.mark.nightly),
        pytest.param("429 for 3 seconds", marks=pytest.mark.nightly),
    ],
)
def test_a_fault_of_all_upstreams_degrades_the_answer_and_nothing_else(system, upstreams, fault):
    # New processes: the breakers of the old ones remember the fault before.
    for service in ("weather", "music"):
        system.end(service, signal.SIGKILL)
        system.start(service)
    system.await_answers()
    for server in upstreams.values():
        server.plays(faults.EVERY_FAULT[fault](server))

    first = system.get("/v1/playlists", city="Manaus", market="BR", limit=5)
    again = system.get("/v1/playlists", city="Belém", market="BR", limit=5)

    for response in (first, again):
        answer = response.json()
        assert response.status_code == 200
        assert answer["degraded"] == ["weather", "music"]
        assert len(answer["playlist"]["tracks"]) == 5
        assert "secret-of-the-upstream" not in response.text
    assert first.elapsed.total_seconds() < MOST_SECONDS


def test_no_secret_and_no_upstream_words_stand_in_any_log(system):
    secrets = (SECRET, spotify.BASIC.removeprefix("Basic "), "token-0", "secret-of-the-upstream")
    for part in ("weather", "music", "playlists", "gateway"):
        assert not [secret for secret in secrets if secret in system.log(part)]
