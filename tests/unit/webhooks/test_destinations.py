"""The bounds of what is sent to one destination."""

import pytest

from mare_services.contract.callback_urls import UrlRules, read_url
from mare_services.upstream.breaker import Failure
from mare_services.webhooks.domain.destinations import Admission, Destinations

SEND, POSTPONE, SKIP = Admission.SEND, Admission.POSTPONE, Admission.SKIP


def to(url):
    return read_url(url, UrlRules())


HOOK, OTHER_PATH, OTHER_HOST = (
    to("https://example.com/a"),
    to("https://example.com/b"),
    to("https://example.org/a"),
)


def make(concurrency=1000, rate=1000, workers=50):
    """Return destinations that know a fast host."""
    destinations = Destinations(concurrency=concurrency, rate=rate, workers=workers)
    destinations.leave(destinations.enter(HOOK, -60), -60, None)
    return destinations


@pytest.fixture
def destinations():
    return make(concurrency=2, rate=100)


def fail(destinations, url, now, failure=Failure.FAILED, times=3, **options):
    for _ in range(times):
        destinations.leave(destinations.enter(url, now), now, failure, **options)


def test_a_host_gets_as_many_callbacks_at_a_time_as_allowed(destinations):
    first = destinations.enter(HOOK, 0)
    second = destinations.enter(OTHER_PATH, 0)

    assert [first.admission, second.admission] == [SEND, SEND]
    assert destinations.enter(HOOK, 0).admission is POSTPONE
    assert destinations.enter(OTHER_HOST, 0).admission is SEND

    destinations.leave(first, 1, None)
    assert destinations.enter(HOOK, 1).admission is SEND


def test_a_host_gets_as_many_callbacks_a_second_as_allowed():
    destinations = make(rate=10)

    def sent(now):
        return [destinations.enter(HOOK, now).admission for _ in range(20)].count(SEND)

    assert [sent(0), sent(0), sent(0.5), sent(60)] == [10, 0, 5, 10]


def test_a_rate_below_one_a_second_sends_too():
    destinations = make(rate=0.1)
    admissions = [destinations.enter(HOOK, now).admission for now in (0, 5, 10, 11)]

    assert admissions == [SEND, POSTPONE, SEND, POSTPONE]


@pytest.mark.parametrize("url", [HOOK, OTHER_PATH])  # the second has had no callback
def test_a_url_that_fails_three_times_is_skipped_for_a_while(destinations, url):
    fail(destinations, url, 0, times=2)
    assert destinations.enter(url, 0).admission is SEND
    fail(destinations, url, 0, times=1)

    assert destinations.enter(url, 1).admission is SKIP
    assert destinations.enter(url, 6).admission is SEND


def test_the_failing_url_of_one_client_does_not_hold_back_another_on_its_host(destinations):
    fail(destinations, HOOK, 0)

    assert destinations.enter(OTHER_PATH, 1).admission is SEND


def test_a_query_makes_no_other_url(destinations):
    fail(destinations, to("https://example.com/a?n=1"), 0)

    assert destinations.enter(to("https://example.com/a?n=2"), 1).admission is SKIP


def test_after_the_pause_one_trial_decides(destinations):
    fail(destinations, HOOK, 0)
    trial = destinations.enter(HOOK, 6)

    assert destinations.enter(HOOK, 6).admission is SKIP
    destinations.leave(trial, 7, None)
    assert destinations.enter(HOOK, 7).admission is SEND


def test_a_failed_trial_doubles_the_pause(destinations):
    fail(destinations, HOOK, 0)
    fail(destinations, HOOK, 6, times=1)

    assert destinations.enter(HOOK, 15).admission is SKIP
    assert destinations.enter(HOOK, 17).admission is SEND


@pytest.mark.parametrize(("retry_after", "skipped"), [(30, 30), (86_400, 300)])
def test_a_rate_limited_receiver_is_skipped_for_five_minutes_at_most(
    destinations, retry_after, skipped
):
    fail(destinations, HOOK, 0, Failure.LIMITED, times=1, retry_after=retry_after)

    assert destinations.enter(HOOK, skipped - 1).admission is SKIP
    assert destinations.enter(HOOK, skipped + 1).admission is SEND


def host(number):
    return to(f"https://host-{number}.example.com/")


def test_hosts_that_do_not_answer_leave_half_of_the_workers_to_the_others():
    destinations = make(concurrency=4)

    silent = [destinations.enter(host(number % 30), 0) for number in range(120)]

    assert [each.admission for each in silent].count(SEND) == 25
    assert all(each.admission is SEND for each in silent[:25])
    assert [destinations.enter(HOOK, 1).admission for _ in range(5)] == [SEND] * 4 + [POSTPONE]
    for each in silent[:25]:
        destinations.leave(each, 15, Failure.TIMED_OUT)
    assert destinations.enter(host(99), 15).admission is SEND


@pytest.mark.parametrize(("workers", "slow"), [(1, 1), (2, 1), (3, 1), (4, 2)])
def test_few_workers_send_to_slow_hosts_too(workers, slow):
    destinations = make(workers=workers)

    admissions = [destinations.enter(host(number), 0).admission for number in range(5)]

    assert admissions.count(SEND) == slow


def test_a_host_that_was_slow_gets_one_callback_at_a_time_for_two_minutes(destinations):
    destinations.leave(destinations.enter(HOOK, 0), 6, None)

    def admitted(now):
        entered = [each for each in (destinations.enter(HOOK, now) for _ in range(4))
                   if each.admission is SEND]  # fmt: skip
        for each in entered:
            destinations.leave(each, now, None)
        return len(entered)

    assert [admitted(now) for now in (6, 125, 126)] == [1, 1, 2]
