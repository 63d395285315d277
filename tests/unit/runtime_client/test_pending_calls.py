"""The pure parts around a call: pending table, confirms, circuits, backoff."""

from mare_nameko.client.encoding import Route
from mare_nameko.client.pending import Call, PendingCalls

ROUTE = Route(channel=1, exchange="nameko-rpc", reply_to="reply", frame_max=4096)


def call(correlation_id="1", service="weather", started=0.0):
    return Call(correlation_id, service, ROUTE, b"", started)


def test_only_the_first_to_take_a_call_gets_it():
    pending = PendingCalls(limit=1)
    pending.add(call("1"))

    assert pending.take("1") is not None
    assert pending.take("1") is None


def test_calls_that_wait_for_a_service_since_long_are_found():
    pending = PendingCalls(limit=9)
    for waiting in (call("old", "a", 1.0), call("new", "a", 9.0), call("other", "b", 1.0)):
        pending.add(waiting)

    assert pending.waiting_for("a", since=5.0) == ["old"]
