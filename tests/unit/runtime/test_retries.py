"""When a failed event comes back, and what it then carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.service.retries import (
    RetryPolicy,
    dead_headers,
    failures_so_far,
    parked_headers,
    parking_queue,
)


def delays(policy):
    found = []
    while (delay := policy.next_delay(len(found) + 1)) is not None:
        found.append(delay)
    return found


def test_the_last_delay_repeats_until_the_limit():
    assert delays(RetryPolicy([1, 10, 60], limit=5)) == [1, 10, 60, 60, 60]


def test_a_low_limit_ends_it_earlier():
    assert delays(RetryPolicy([1, 10, 60], limit=2)) == [1, 10]


@pytest.mark.parametrize("policy", [RetryPolicy([1], limit=0), RetryPolicy([], limit=5)])
def test_without_delays_or_retries_an_event_is_given_up_at_once(policy):
    assert delays(policy) == []


@given(st.lists(st.floats(0.1, 100), min_size=1), st.integers(0, 50))
def test_the_limit_is_the_number_of_retries(steps, limit):
    assert len(delays(RetryPolicy(steps, limit))) == limit


@pytest.mark.parametrize("value", [None, "3", -1, True, [1]])
def test_a_count_that_is_none_counts_as_no_failure(value):
    assert failures_so_far({"retry-attempt": value}) == 0


def test_the_count_travels_with_the_event():
    assert failures_so_far(parked_headers({}, 3)) == 3


def test_the_sender_keeps_its_headers_and_the_broker_its_notes():
    headers = {
        "nameko.request_id": "r",
        "x-death": [{}],
        "x-first-death-queue": "retry-1s",
        "x-delivery-count": 2,
        "compression": "application/zlib",
        "x-tenant": "t",
    }

    assert parked_headers(headers, 1) == {
        "nameko.request_id": "r",
        "x-tenant": "t",
        "retry-attempt": 1,
    }


def test_a_dead_event_has_its_reason_and_its_queue():
    headers = dead_headers({"a": 1}, 6, "evt-a", ValueError("x" * 1000))

    assert headers["a"] == 1
    assert headers["retry-attempt"] == 6
    assert headers["dead-letter-queue"] == "evt-a"
    assert headers["dead-letter-reason"] == "retries-exhausted"
    assert headers["dead-letter-error"].startswith("ValueError: xxx")
    assert len(headers["dead-letter-error"]) == 500


def test_a_parking_queue_returns_events_to_the_queue_of_their_routing_key():
    queue = parking_queue(0.25)

    assert queue.name == queue.exchange.name == "retry-0.25s"
    assert queue.exchange.type == "fanout"
    assert queue.queue_arguments == {"x-message-ttl": 250, "x-dead-letter-exchange": ""}
