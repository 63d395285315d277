"""Parts that die under load: clean errors meanwhile, and recovery by itself."""

import signal

import pytest
import requests

from tests.load.closed_loop import Load
from tests.system import running_system
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker

CLIENTS = 6
TIMEOUT = 40.0
BUSY_SECONDS = 20.0
"""What a busy machine may add."""
CLEAN = {200, 503, 504}


def load_on(system) -> Load:
    """Six clients whose requests differ, so that each passes through every part."""

    def request_playlist(number: int) -> requests.Response:
        latitude, longitude = number % 12_000 / 200, number % 360 - 180
        return system.get("/v1/playlists", seconds=90, lat=latitude, lon=longitude)

    return Load(request_playlist, CLIENTS)


@pytest.fixture(scope="module")
def broker(rabbitmq):
    vhost = Vhost(rabbitmq, "system-deaths")
    yield vhost
    vhost.delete()


@pytest.fixture(scope="module")
def system(broker, tmp_path_factory):
    with running_system(
        broker.amqp_uri,
        tmp_path_factory.mktemp("deaths"),
        GATEWAY_TIMEOUT=str(TIMEOUT),
        RUNTIME_CALL_SECONDS="30",
    ) as running:
        yield running


@pytest.mark.parametrize("service", ["weather", "playlists"])
def test_a_killed_service_costs_clean_errors_until_it_is_back(system, service):
    with load_on(system).running() as load:
        eventually(lambda: load.statuses[200] >= CLIENTS)
        system.end(service, signal.SIGKILL)
        eventually(lambda: load.statuses.keys() & {503, 504})
        system.start(service)
        system.await_answers()
        before = load.statuses[200]
        eventually(lambda: load.statuses[200] >= before + CLIENTS)

    assert set(load.statuses) <= CLEAN
    assert load.slowest < TIMEOUT + BUSY_SECONDS


@pytest.mark.parametrize("service", ["music", "playlists"])
def test_without_a_service_requests_are_refused_before_their_deadline(system, broker, service):
    system.end(service, signal.SIGKILL)
    eventually(lambda: broker.depth(f"rpc-{service}").consumers == 0)

    refused = [system.get("/v1/playlists", lat=1, lon=number, limit=1) for number in range(8)]

    assert {each.status_code for each in refused} == {503}
    assert {each.json()["code"] for each in refused} == {"service_unavailable"}
    assert {each.headers["Retry-After"] for each in refused} == {"2"}
    seconds = sorted(each.elapsed.total_seconds() for each in refused)
    assert seconds[-1] < TIMEOUT - 1
    assert seconds[0] < 1  # most are refused at once
    system.start(service)
    system.await_answers()


def test_a_service_that_stops_gracefully_costs_nothing_while_another_works(system, broker):
    system.start("playlists-2")
    eventually(lambda: broker.depth("rpc-playlists").consumers == 2)
    with load_on(system).running() as load:
        eventually(lambda: load.statuses[200] >= CLIENTS)
        assert system.end("playlists", signal.SIGTERM) == 0
        after = load.statuses[200]
        eventually(lambda: load.statuses[200] >= after + CLIENTS)

    assert set(load.statuses) == {200}
    system.start("playlists")
    system.await_answers()
    assert system.end("playlists-2", signal.SIGTERM) == 0
