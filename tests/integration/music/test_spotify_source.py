"""Spotify as a source, against a real server that plays it."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mare_nameko.settings import Secret
from mare_services.contract.errors import (
    SourceFailed,
    SourceLimited,
    SourceRefused,
    SourceTimedOut,
    SourceUnavailable,
)
from mare_services.contract.music import MAX_TRACKS, Mood
from mare_services.music.adapters.spotify import Spotify
from mare_services.music.adapters.spotify_tokens import Tokens
from mare_services.music.domain.language_areas import language_area
from mare_services.music.domain.material import MaterialQuery
from mare_services.music.domain.selection import suffice
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient
from tests.fakes.clock import Clock
from tests.fakes.upstreams import faults, spotify
from tests.fakes.upstreams.server import as_json
from tests.fakes.upstreams.spotify import CLIENT_ID, SECRET, TOKEN, FakeSpotify, found, track
from tests.vhost import eventually


@pytest.fixture
def fake():
    return FakeSpotify()


@pytest.fixture
def server(fake):
    with spotify.spotify(fake) as server:
        yield server


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.fixture
def source(server, clock):
    return source_of(server, clock)


def source_of(server, clock, secret=SECRET):
    tokens = Tokens(JsonClient("spotify", server.url), CLIENT_ID, Secret(secret), clock)
    return Spotify(JsonClient("spotify", server.url), tokens)


def fetch(source, seconds=60.0, *, mood=Mood.MELLOW, market="BR"):
    query = MaterialQuery(mood=mood, market=market, area=language_area(market, "en"))
    return source.answer(query, Budget.of(seconds))


def page(number, size=10):
    tracks = [track(f"{number}-{each}", f"Artist {number}-{each}") for each in range(size)]
    return found("track", tracks)


def test_it_offers_enough_tracks_and_playlists_with_links(source):
    material = fetch(source)

    assert material.source == "spotify"
    assert suffice(material.tracks, MAX_TRACKS)
    assert all(each.url.startswith("https://open.spotify.com/track/") for each in material.tracks)
    assert [each.name for each in material.playlists[:2]] == ["bossanova-0", "bossanova-1"]


def test_a_new_application_may_send_each_of_its_requests(source, server):
    fetch(source)

    searches = spotify.searches(server)
    assert len(searches) <= 9
    assert {request.params["market"] for request in searches} == {"BR"}
    assert {request.params["limit"] for request in searches} == {"10"}
    assert {request.params["offset"] for request in searches} <= {"0", "10"}
    assert [request.params["q"] for request in searches[:2]] == [
        'genre:"bossa nova"',
        'genre:"mpb"',
    ]
    assert {request.path for request in server.requests} == {"/api/token", "/v1/search"}


def test_a_market_without_spotify_is_searched_in_the_united_states(source, server):
    fetch(source, market="CN")

    assert {request.params["market"] for request in spotify.searches(server)} == {"US"}


def test_an_exhausted_search_is_not_repeated_and_words_take_over(fake, source, server):
    fake.library = 3

    assert len(fetch(source).tracks) == 3 * 8
    queries = [each.params for each in spotify.searches(server) if each.params["type"] == "track"]
    assert {each["offset"] for each in queries} == {"0"}
    assert [each["q"] for each in queries[4:]] == [
        "bossa nova", "mpb tarde calma", "mellow soul", "easy afternoon",
    ]  # fmt: skip


def test_many_callers_request_one_token(source, server):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fetch(source), range(8)))

    assert len(spotify.token_requests(server)) == 1


def test_waiting_for_a_token_ends_with_the_callers_budget(source, server):
    server.plays(faults.dripping_body(server))  # a silent server would not be waited for so long

    def wait_long():
        with pytest.raises(SourceUnavailable):
            fetch(source)

    leader = threading.Thread(target=wait_long)
    leader.start()
    eventually(lambda: server.requests)
    with pytest.raises(SourceTimedOut):
        fetch(source, 0.2)

    assert leader.is_alive()
    assert len(server.requests) == 1
    server.over.set()
    leader.join()


def test_an_expired_token_is_replaced_once(fake, source, server):
    fetch(source)
    fake.tokens.clear()

    assert suffice(fetch(source).tracks, MAX_TRACKS)
    assert len(spotify.token_requests(server)) == 2


def test_a_token_that_is_never_good_is_replaced_once_only(source, server):
    server.plays(TOKEN, spotify.EXPIRED, TOKEN, spotify.EXPIRED)

    with pytest.raises(SourceRefused):
        fetch(source)
    assert len(server.requests) == 4


def test_a_wrong_secret_is_a_refusal_and_nothing_is_searched(server, clock):
    with pytest.raises(SourceRefused, match="client id or the secret"):
        fetch(source_of(server, clock, secret="another-secret"))

    assert spotify.searches(server) == []


def test_an_owner_without_premium_is_a_refusal(source, server):
    server.plays(TOKEN, spotify.NO_PREMIUM)

    with pytest.raises(SourceRefused, match="Premium subscription") as failure:
        fetch(source)

    assert failure.value.extra["status"] == 403
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "seconds"), [(spotify.LIMITED_SHORTLY, 3.0), (spotify.LIMITED_FOR_A_DAY, 86_400.0)]
)
def test_a_rate_limit_is_passed_on_and_not_slept_through(source, server, answer, seconds):
    server.plays(TOKEN, answer)

    with pytest.raises(SourceLimited) as failure:
        fetch(source)

    assert failure.value.extra["retry_after"] == seconds
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [spotify.INVALID_LIMIT, faults.BROKEN_IN_HTML, faults.CUT_JSON, faults.AN_ARRAY, faults.NULL],
)
def test_an_error_or_nonsense_is_a_failure_without_the_upstreams_words(source, server, answer):
    server.plays(TOKEN, answer)

    with pytest.raises(SourceFailed) as failure:
        fetch(source)

    assert "secret-of-the-upstream" not in repr(failure.value)
    assert "Invalid limit" not in repr(failure.value)


@pytest.mark.parametrize(
    "answer", [found("track", None), found("track", []), found("track", [None] * 10), as_json({})]
)
def test_no_track_at_all_is_a_failure(source, server, answer):
    server.plays(TOKEN, answer)

    with pytest.raises(SourceFailed, match="found nothing"):
        fetch(source)


@pytest.mark.parametrize(
    "answer",
    [
        found("playlist", None),
        found("playlist", []),
        found("playlist", [None] * 10),
        as_json({}),
        faults.BROKEN_IN_HTML,
        spotify.LIMITED_FOR_A_DAY,
    ],
)
def test_without_playlists_the_tracks_are_still_good(fake, source, answer):
    fake.playlists = answer
    material = fetch(source)

    assert material.playlists == ()
    assert suffice(material.tracks, MAX_TRACKS)


def test_a_limit_met_half_way_keeps_what_is_there(source, server):
    server.plays(TOKEN, page(1), page(2), spotify.LIMITED_FOR_A_DAY)

    assert len(fetch(source).tracks) == 20


def test_too_few_tracks_before_a_rate_limit_raise_source_limited(source, server):
    server.plays(TOKEN, page(1), spotify.LIMITED_FOR_A_DAY)

    with pytest.raises(SourceLimited):
        fetch(source)


@pytest.mark.parametrize("stage", [[], [TOKEN], [TOKEN, page(1)]])
def test_no_call_outlasts_the_budget(source, server, stage):
    server.plays(*stage, faults.slow(server))
    started = time.monotonic()

    with pytest.raises(SourceTimedOut):
        fetch(source, 0.5)

    assert time.monotonic() - started < 60


def test_neither_secret_nor_token_is_ever_logged_or_raised(server, clock, caplog):
    caplog.set_level(logging.DEBUG)
    errors = []
    for answers in (
        [spotify.INVALID_CLIENT],
        [TOKEN, spotify.EXPIRED, TOKEN, spotify.EXPIRED],
        [TOKEN, spotify.NO_PREMIUM],
        [TOKEN, spotify.LIMITED_SHORTLY],
        [TOKEN, faults.BROKEN_IN_HTML],
        [TOKEN, faults.reset],
        [TOKEN, faults.truncated],
    ):
        server.plays(*answers)
        with pytest.raises(SourceUnavailable) as failure:
            fetch(source_of(server, clock))
        errors.append(repr(failure.value) + repr(failure.value.extra))
    server.recovers()
    source = source_of(server, clock)
    fetch(source)

    output = caplog.text + "".join(errors) + repr(vars(source)) + repr(vars(source._tokens))
    for secret in (SECRET, spotify.BASIC.removeprefix("Basic "), "a-token", "token-0"):
        assert secret not in output
