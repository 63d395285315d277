"""Whether a called service has a consumer, as the broker counts them."""

import subprocess
import sys
import threading
from types import SimpleNamespace

import eventlet
import pytest

from mare_nameko.service import consumer_counts
from mare_nameko.service.connections import Broker
from mare_nameko.service.consumer_counts import LIFE_SECONDS, ConsumerCounts
from mare_nameko.service.settings import Settings
from tests.fakes import amqp_server
from tests.fakes.amqp_server import Connection, serve
from tests.fakes.clock import Clock


@pytest.fixture
def server():
    with serve() as server:
        yield server


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(1000.0)
    monkeypatch.setattr(consumer_counts.time, "monotonic", clock)
    return clock


@pytest.fixture
def counts(server, clock):
    counts = ConsumerCounts()
    settings = Settings.from_env({"AMQP_URI": server.uri})
    counts.container = SimpleNamespace(broker=Broker(settings, "shop"))
    return counts


@pytest.mark.parametrize(
    ("counted", "absent"), [((1, 0), True), ((0, 0), False), ((1, 1), False), ((5, 0), True)]
)
def test_a_service_with_messages_and_without_consumers_is_absent(server, counts, counted, absent):
    server.counts["rpc-worker"] = counted

    assert counts.count("worker") is absent
    assert counts.is_absent("worker") is absent
    assert not counts.is_absent("other")
    (login,) = server.logins
    assert login["connection_name"].endswith(" counter")


def test_a_service_without_a_queue_is_not_absent(server, counts):
    assert counts.count("worker") is False
    assert server.passive == ["rpc-worker"]


def test_without_a_broker_no_service_is_absent(clock):
    counts = ConsumerCounts()
    settings = Settings.from_env({"AMQP_URI": "amqp://127.0.0.1:1/"})
    counts.container = SimpleNamespace(broker=Broker(settings, "shop"))

    assert counts.count("worker") is False


@pytest.mark.parametrize(("limit", "seconds"), [(0.05, 60.0), (60.0, 0.05)])
def test_a_count_does_not_wait_for_a_broker_that_does_not_answer(
    counts, monkeypatch, limit, seconds
):
    monkeypatch.setattr(consumer_counts, "COUNT_SECONDS", limit)
    monkeypatch.setattr(consumer_counts, "open_once", lambda connection: eventlet.sleep(60))

    with eventlet.Timeout(20):
        assert counts.count("worker", seconds) is False


_COUNT = """
import eventlet
eventlet.monkey_patch()  # in a process of its own: time limits need it, and the other tests do not
import sys, time
from mare_nameko.service.connections import Broker
from mare_nameko.service.consumer_counts import read_counts
from mare_nameko.service.settings import Settings
broker = Broker(Settings.from_env({"AMQP_URI": sys.argv[1]}), "shop")
begun = time.monotonic()
counts = read_counts(broker, "counter", ["rpc-worker"], 0.3)
print(counts, time.monotonic() - begun)
"""


class FrozenConnection(Connection):
    """Answers nothing from the first count on, like a broker whose processes are stopped."""

    def methods(self):
        return {**super().methods(), (50, 10): lambda *_: self._broker.thaws.wait(60)}


@pytest.fixture
def frozen():
    class Frozen(amqp_server.Broker):
        def accept(self, sock):
            return FrozenConnection(sock, self)

    Frozen.thaws = threading.Event()
    with serve(Frozen) as server:
        yield server
        server.thaws.set()


def test_neither_channel_nor_connection_waits_for_a_broker_that_stops_within_a_count(frozen):
    """Beyond its limit, a count waited 2 s for the end of a connection, and ever for a channel."""
    output = subprocess.check_output(
        [sys.executable, "-c", _COUNT, frozen.uri], text=True, timeout=60
    )
    counts, seconds = output.split()
    assert counts == "None"
    assert float(seconds) < 2


def test_consumers_are_counted_once_a_second(server, counts, clock):
    server.counts["rpc-worker"] = (1, 0)
    for _ in range(2):
        assert counts.count("worker")
    clock.now += LIFE_SECONDS - 0.01
    assert counts.count("worker")
    assert counts.is_absent("worker")
    assert len(server.passive) == 1

    server.counts["rpc-worker"] = (1, 1)
    clock.now += 0.01
    assert not counts.is_absent("worker")
    assert not counts.count("worker")
    assert len(server.passive) == 2


def while_counting(monkeypatch, action):
    """Call ``action`` when a count has its connection, before the broker answers."""

    def open_once(connection):
        action()
        connection.ensure_connection()

    monkeypatch.setattr(consumer_counts, "open_once", open_once)


def test_the_last_count_does_not_pass_for_the_next_one(server, counts, clock, monkeypatch):
    server.counts["rpc-worker"] = (1, 0)
    assert counts.count("worker")
    server.counts["rpc-worker"] = (1, 1)
    clock.now += 60
    meanwhile = []

    def read_counts():
        meanwhile.extend([counts.is_absent("worker"), counts.count("worker")])

    while_counting(monkeypatch, read_counts)

    assert not counts.count("worker")
    assert meanwhile == [False, False]


def test_a_count_that_takes_long_is_used_for_a_second_after_it(server, counts, clock, monkeypatch):
    server.counts["rpc-worker"] = (1, 0)

    def take_long():
        clock.now += 1.5

    while_counting(monkeypatch, take_long)

    assert counts.count("worker")
    clock.now += LIFE_SECONDS - 0.01
    assert counts.is_absent("worker")
    clock.now += 0.01
    assert not counts.is_absent("worker")
