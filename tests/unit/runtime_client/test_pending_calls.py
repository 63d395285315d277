"""The pure parts around a call: pending table, confirms, circuits, backoff."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.client import Disconnected, Overloaded
from mare_nameko.client.backoff import pauses
from mare_nameko.client.circuit_breaker import CircuitBreakers
from mare_nameko.client.confirms import Confirms
from mare_nameko.client.encoding import Route
from mare_nameko.client.pending import Call, PendingCalls

ROUTE = Route(channel=1, exchange="nameko-rpc", reply_to="reply", frame_max=4096)


def call(correlation_id="1", service="weather", started=0.0):
    return Call(correlation_id, service, ROUTE, b"", started)


def test_a_call_waits_until_its_reply_comes():
    waiting = call()

    assert not waiting.wait(0.0)
    waiting.succeed(b"{}")

    assert waiting.wait(0.0)
    assert waiting.reply() == b"{}"


def test_a_call_that_failed_raises_its_error():
    waiting = call()
    waiting.fail(Disconnected("gone"))

    assert waiting.wait(0.0)
    with pytest.raises(Disconnected, match="gone"):
        waiting.reply()


def test_only_the_first_to_take_a_call_gets_it():
    pending = PendingCalls(limit=1)
    pending.add(call("1"))

    assert pending.take("1") is not None
    assert pending.take("1") is None


def test_calls_above_the_limit_are_refused():
    pending = PendingCalls(limit=2)
    pending.add(call("1"))
    pending.add(call("2"))

    with pytest.raises(Overloaded):
        pending.add(call("3"))

    assert len(pending) == 2


def test_losing_the_broker_fails_every_call():
    pending = PendingCalls(limit=9)
    calls = [call(str(number)) for number in range(5)]
    for waiting in calls:
        pending.add(waiting)

    pending.fail_all(Disconnected("gone"))

    assert len(pending) == 0
    for waiting in calls:
        with pytest.raises(Disconnected):
            waiting.reply()


def test_calls_that_wait_for_a_service_since_long_are_found():
    pending = PendingCalls(limit=9)
    for waiting in (call("old", "a", 1.0), call("new", "a", 9.0), call("other", "b", 1.0)):
        pending.add(waiting)

    assert pending.waiting_for("a", since=5.0) == ["old"]


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=30))
def test_every_message_is_settled_at_most_once_and_in_order(published, answers):
    confirms = Confirms()
    for number in range(1, published + 1):
        confirms.published(str(number))

    settled = []
    for tag, multiple in answers:
        batch = [int(number) for number in confirms.settled(tag, multiple)]
        assert batch == sorted(batch)
        assert all(number <= tag if multiple else number == tag for number in batch)
        settled += batch

    assert len(settled) == len(set(settled))
    assert len(confirms) == published - len(settled)


def test_a_circuit_opens_after_some_timeouts_in_a_row():
    circuits = CircuitBreakers(max_timeouts=3, pause=5.0)

    for _ in range(2):
        circuits.timed_out("weather", now=0.0)
    assert circuits.refusal("weather", now=0.0) is None
    circuits.timed_out("weather", now=0.0)

    assert circuits.refusal("weather", now=4.9) == "3 calls to weather in a row timed out"
    assert circuits.refusal("music", now=4.9) is None


def test_an_open_circuit_lets_one_call_through_in_each_pause():
    circuits = CircuitBreakers(max_timeouts=1, pause=5.0)
    circuits.timed_out("weather", now=0.0)

    passed = [now for now in range(16) if circuits.refusal("weather", now=float(now)) is None]

    assert passed == [5, 10, 15]


def test_the_first_reply_closes_a_circuit():
    circuits = CircuitBreakers(max_timeouts=1, pause=5.0)
    circuits.timed_out("weather", now=0.0)
    circuits.replied("weather")

    assert circuits.refusal("weather", now=0.1) is None


def test_a_reply_in_between_starts_the_count_anew():
    circuits = CircuitBreakers(max_timeouts=2, pause=5.0)
    circuits.timed_out("weather", now=0.0)
    circuits.replied("weather")
    circuits.timed_out("weather", now=0.0)

    assert circuits.refusal("weather", now=0.0) is None


def test_a_circuit_can_be_opened_for_another_reason():
    circuits = CircuitBreakers(max_timeouts=9, pause=5.0)
    circuits.opened("weather", "nobody is there", now=0.0, pause=1.0)

    assert circuits.refusal("weather", now=0.9) == "nobody is there"
    assert circuits.refusal("weather", now=1.0) is None


def test_pauses_double_up_to_the_longest():
    longest = list(itertools.islice(pauses(0.2, 1.0, lambda: 1.0), 5))
    shortest = list(itertools.islice(pauses(0.2, 1.0, lambda: 0.0), 5))

    assert longest == pytest.approx([0.2, 0.4, 0.8, 1.0, 1.0])
    assert shortest == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.5])
