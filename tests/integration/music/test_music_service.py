"""The service in its own process, asked over a real broker, as the playlists service asks it."""

import signal

import pytest

from mare_services.contract import wire
from mare_services.contract.music import Composed, MusicRequest
from tests.fakes.upstreams import faults, spotify
from tests.fakes.upstreams.spotify import CLIENT_ID, SECRET, FakeSpotify
from tests.serving import call, serving
from tests.vhost import becomes

pytestmark = pytest.mark.broker

REQUEST = {"mood": "mellow", "market": "BR", "lang": "pt", "limit": 5, "seed": "s"}


def test_it_composes_from_the_catalogue_and_stops_on_sigterm(vhost):
    with serving(vhost, "music", MUSIC_SOURCES="none") as process:
        reply = call(vhost, "music.compose", REQUEST)
        again = call(vhost, "music.compose", wire.write(wire.read(REQUEST, MusicRequest)))
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0

    assert reply["error"] is None
    composed = wire.read(reply["result"], Composed)
    assert len(composed.playlist.tracks) == 5
    assert composed.playlist.source == "catalogue"
    assert again["result"] == reply["result"]


def test_no_upstream_makes_it_late_and_the_secret_stays_in_the_process(vhost):
    with spotify.spotify(FakeSpotify()) as server:
        environ = {
            "MUSIC_SOURCES": "spotify",
            "MUSIC_LIVE_SECONDS": "3",
            "MUSIC_SPOTIFY_CLIENT_ID": CLIENT_ID,
            "MUSIC_SPOTIFY_CLIENT_SECRET": SECRET,
            "MUSIC_SPOTIFY_URL": server.url,
            "MUSIC_SPOTIFY_ACCOUNTS_URL": server.url,
        }
        with serving(vhost, "music", **environ) as process:
            becomes(lambda: source_of(call(vhost, "music.compose", REQUEST)), "spotify")
            server.plays(faults.dripping_headers(server))
            late = call(vhost, "music.compose", REQUEST | {"mood": "party"})  # it never ends
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=90)

    assert source_of(late) == "catalogue"
    for secret in (SECRET, spotify.BASIC.removeprefix("Basic "), "token-0"):
        assert secret not in output


def source_of(reply):
    return reply["result"]["playlist"]["source"]
