"""Delays between attempts."""

from mare.backoff import Backoff, RetryTimer


def test_delays_double_up_to_the_longest_and_start_again_after_a_success():
    backoff = Backoff(first=0.5, longest=3.0)
    assert [backoff.next_delay() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.next_delay() == 0.5


def test_a_backoff_that_fails_for_days_stays_at_the_longest():
    backoff = Backoff(first=0.5, longest=30.0, failures=1_000_000)
    assert backoff.next_delay() == 30.0


def test_a_retry_timer_is_due_after_the_backoff_and_at_once_after_a_success():
    timer = RetryTimer(first=0.5, longest=15.0)
    timer.failed(100.0)
    assert timer.due == 100.5
    timer.failed(100.0)
    assert timer.due == 101.0
    timer.succeeded()
    assert timer.due == 0.0
    timer.failed(100.0)
    assert timer.due == 100.5
