"""A call to another service, as seen by the caller."""

from types import SimpleNamespace

import eventlet
import pytest
from eventlet.event import Event
from eventlet.hubs import get_hub
from nameko.exceptions import UnknownService
from prometheus_client import CollectorRegistry

from mare_nameko.service import rpc_proxy
from mare_nameko.service.errors import (
    BadReply,
    BrokerUnavailable,
    CallTimedOut,
    register_errors,
    write_error,
)
from mare_nameko.service.metrics import Metrics
from mare_nameko.service.rpc_proxy import Call, ReplyListener
from mare_services.contract.errors import PlaceNotFound
from tests.fakes.clock import Clock
from tests.fakes.stalled_loop import stall

register_errors(PlaceNotFound)


class Listener:
    """A reply listener without a broker."""

    def __init__(self):
        self.container = self
        self.registry = CollectorRegistry()
        self.metrics = Metrics("front", self.registry)
        self.settings = SimpleNamespace(no_consumers_grace=1.0)
        self.waiting = {}

    def get_reply_event(self, correlation_id):
        return self.waiting.setdefault(correlation_id, Event())

    def forget(self, correlation_id):
        self.waiting.pop(correlation_id, None)

    def calls(self, outcome):
        labels = {"service": "front", "target": "worker.echo", "outcome": outcome}
        return self.registry.get_sample_value("runtime_call_duration_seconds_count", labels)


class AllConsumed:
    """Counts a consumer for each service."""

    def count(self, service, seconds):
        return False


class NoneConsumed:
    """Counts no consumer of any service; ``while_counting`` is called first."""

    def __init__(self, while_counting):
        self.while_counting = while_counting

    def count(self, service, seconds):
        self.counted_within = seconds
        self.while_counting()
        return True


class Span:
    def __init__(self):
        self.ends = []

    def end(self, error=None):
        self.ends.append(error)


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def span():
    return Span()


def call(listener, span, seconds=60.0, counts=None):
    return Call(listener, "worker.echo", seconds, span, counts or AllConsumed())


def test_a_result_can_be_read_twice(listener, span):
    pending = call(listener, span)
    listener.waiting[pending.correlation_id].send({"result": 7, "error": None})

    assert pending.result() == pending.result() == 7
    assert listener.calls("ok") == 1
    assert span.ends == [None]
    assert not listener.waiting


def test_an_error_is_raised_as_it_was(listener, span):
    pending = call(listener, span)
    error = PlaceNotFound("No place.", {"n": 1})
    listener.waiting[pending.correlation_id].send({"result": None, "error": write_error(error)})

    with pytest.raises(PlaceNotFound, match="No place"):
        pending.result()
    assert listener.calls("PlaceNotFound") == 1


def test_without_an_answer_it_ends_in_time_and_leaves_nothing_behind(listener, span):
    pending = call(listener, span, seconds=0.02)

    late = pytest.raises(CallTimedOut, match=r"worker\.echo did not answer within")
    with eventlet.Timeout(20), late:
        pending.result()
    assert not listener.waiting
    assert listener.calls("CallTimedOut") == 1
    assert span.ends == ["CallTimedOut"]


def test_without_a_consumer_it_fails_after_the_grace(listener, span):
    listener.settings.no_consumers_grace = 0.0
    counts = NoneConsumed(lambda: None)
    pending = call(listener, span, counts=counts)

    with pytest.raises(UnknownService):
        pending.result()
    assert listener.calls("UnknownService") == 1
    assert 0 < counts.counted_within <= pending._seconds


def test_an_answer_that_arrives_while_consumers_are_counted_is_its_result(listener, span):
    listener.settings.no_consumers_grace = 0.0

    def answer():
        listener.waiting[pending.correlation_id].send({"result": 7, "error": None})

    pending = call(listener, span, counts=NoneConsumed(answer))

    assert pending.result() == 7


def test_an_answer_that_arrived_while_the_process_was_stopped_is_its_result(
    listener, span, monkeypatch
):
    clock = Clock(get_hub().clock())
    monkeypatch.setattr(get_hub(), "clock", clock)
    monkeypatch.setattr(rpc_proxy.time, "monotonic", clock)
    listener.settings.no_consumers_grace = 100.0
    pending = call(listener, span)
    waiting = eventlet.spawn(pending.result)
    eventlet.sleep(0)
    reply = listener.waiting[pending.correlation_id]

    stall(clock, 61, lambda: reply.send({"result": 7, "error": None}))

    assert waiting.wait() == 7


def test_a_lost_connection_ends_it(listener, span):
    pending = call(listener, span)
    listener.waiting[pending.correlation_id].send_exception(BrokerUnavailable("lost"))

    with pytest.raises(BrokerUnavailable):
        pending.result()


def test_an_abandoned_call_is_dropped_and_counted_as_abandoned(listener, span):
    pending = call(listener, span)

    pending.abandon()

    assert not listener.waiting
    assert span.ends == [None]
    assert listener.calls("abandoned") == 1
    assert not listener.calls("ok")


def test_a_call_that_has_ended_cannot_be_abandoned(listener, span):
    pending = call(listener, span)
    listener.waiting[pending.correlation_id].send({"result": 7, "error": None})
    pending.result()

    pending.abandon()

    assert listener.calls("ok") == 1
    assert not listener.calls("abandoned")


@pytest.mark.parametrize("body", [None, [], "text", {}, {"result": 1, "error": "text"}])
def test_what_is_no_reply_ends_its_call_at_once(body):
    listener = ReplyListener()
    listener.container = Listener()
    call = Call(listener, "worker.echo", 0.0, Span(), AllConsumed())

    listener.handle_message(
        body, SimpleNamespace(properties={"correlation_id": call.correlation_id})
    )

    with pytest.raises(BadReply, match="no object with a result or an error"):
        call.result()
