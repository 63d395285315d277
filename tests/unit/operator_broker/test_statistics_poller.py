"""The poller keeps the last two samples and the last error."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from mare.broker.http_client import ResponseTooLarge, TooManyRequests
from mare.broker.queue_statistics import QueueStatistics, Statistics, StatisticsPoller
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused
from mare.tenant_scheduler import TenantScheduler
from tests.unit.operator_broker import virtual_time

Response = Exception | dict[str, QueueStatistics] | Statistics
EMPTY = {"work": QueueStatistics(ready=0, published=5)}
FULL = {"work": QueueStatistics(ready=3, published=5)}
MORE = {"work": QueueStatistics(ready=9, published=11)}
PERIOD = 5.0
TENANT = TenantScheduler().of("shop")


class Source:
    """Returns these responses, one for each request, and then none."""

    def __init__(self, *responses: Response, seconds: float = 0.0) -> None:
        self._responses = list(responses)
        self._seconds = seconds
        self.requested_at: list[float] = []

    async def fetch(self, vhost: str, now: float) -> Statistics:
        self.requested_at.append(now)
        await asyncio.sleep(self._seconds)
        if not self._responses:
            await asyncio.sleep(10**9)
        response = self._responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response if isinstance(response, Statistics) else Statistics(now, response)

    async def close(self) -> None:
        """Nothing is open."""


def poll(source: Source, read: Callable[[StatisticsPoller], Any], seconds: float = 60.0) -> Any:
    """What `read` returns after the poller has run for some seconds."""

    async def timeline() -> Any:
        poller = StatisticsPoller(source, "/", virtual_time.now, PERIOD, TENANT)
        await poller.start()
        await asyncio.sleep(seconds)
        found = read(poller)
        await poller.close()
        return found

    return virtual_time.run(timeline())


def test_the_last_two_samples_are_kept():
    kept = poll(Source(EMPTY, FULL, MORE), lambda p: p.last_two)

    assert [each.queues for each in kept] == [FULL, MORE]


def test_equal_counters_are_no_new_sample_but_depths_are_updated():
    kept = poll(Source(MORE, EMPTY, FULL), lambda p: p.last_two)

    assert [each.queues for each in kept] == [MORE, FULL]
    assert kept[1].at == pytest.approx(PERIOD, abs=0.1)


@pytest.mark.parametrize("other", [{}, {"reply": QueueStatistics(ready=0, published=1)}])
def test_a_queue_that_is_created_or_deleted_is_no_new_sample(other: dict[str, QueueStatistics]):
    work = {"work": QueueStatistics(ready=0, published=9)}
    gone = {"reply": QueueStatistics(ready=0, published=1)} if not other else {}
    kept = poll(Source(EMPTY | gone, work | gone, work | other), lambda p: p.last_two, 2 * PERIOD)

    assert kept[1].queues == work | other
    assert kept[1].at == pytest.approx(PERIOD, abs=0.1)


def test_samples_share_the_queues_that_have_not_changed():
    def sample(published: int) -> dict[str, QueueStatistics]:
        counts = {"work": published, "rest": 5}
        return {name: QueueStatistics(published=each) for name, each in counts.items()}

    old, new = poll(Source(sample(5), sample(6)), lambda poller: poller.last_two)

    assert new.queues == sample(6)
    assert new.queues["rest"] is old.queues["rest"]


def test_counters_of_another_broker_are_not_compared():
    """The address is the same, so that only the cluster shows it."""

    async def timeline() -> None:
        poller = StatisticsPoller(Source(), "/", virtual_time.now, PERIOD, TENANT)
        for number in range(12):
            is_other = number >= 6
            queue = QueueStatistics(ready=0, published=1_000 * is_other + 10 * number)
            cluster = "other" if is_other else "first"
            poller._add(Statistics(virtual_time.now(), {"work": queue}, cluster=cluster))
            await asyncio.sleep(PERIOD)
            published = [each.queues["work"].published for each in poller.last_two]
            if number == 5:
                assert published == [40, 50]
            if number == 6:
                assert published == []
        assert published == [1_100, 1_110]

    virtual_time.run(timeline())


def test_nothing_is_known_while_the_cluster_changes_with_each_response():
    """An address that leads to two clusters in turn describes the queues of neither."""
    responses = [Statistics(5.0 * n, FULL, cluster=f"{n % 2}") for n in range(40)]

    latest, names, error = poll(Source(*responses), lambda p: (p.latest, p.names, p.error))

    assert latest is None
    assert error is not None
    assert error.reason == "ClusterChanged"
    assert names == error


def test_the_time_of_a_request_is_part_of_the_period():
    slow = Source(EMPTY, FULL, MORE, seconds=1.0)
    poll(slow, lambda p: None)

    assert slow.requested_at[1] == pytest.approx(PERIOD, abs=0.1)


def test_a_request_that_takes_a_period_is_not_followed_by_the_next_one_at_once():
    slow = Source(EMPTY, FULL, seconds=20.0)
    poll(slow, lambda p: None)

    assert slow.requested_at[1] == pytest.approx(20.1)


def test_the_start_waits_2_s_for_the_first_statistics():
    async def timeline() -> list[float]:
        poller = StatisticsPoller(Source(), "/", virtual_time.now, PERIOD, TENANT)
        waited = []
        for _ in range(2):
            begun = virtual_time.now()
            await poller.start()
            waited.append(virtual_time.now() - begun)
        await poller.close()
        return waited

    assert virtual_time.run(timeline()) == [2.0, 0.0]


def test_the_names_are_the_same_object_until_a_queue_is_created_or_deleted():
    async def timeline() -> None:
        poller = StatisticsPoller(Source(), "/", virtual_time.now, PERIOD, TENANT)
        names = []
        for queues in (EMPTY, FULL, {**FULL, "a": QueueStatistics()}, FULL):
            poller._add(Statistics(0, queues))
            names.append(poller.names)
        assert names[0] is names[1]
        assert [list(each) for each in names[1:]] == [["work"], ["a", "work"], ["work"]]

    virtual_time.run(timeline())


def test_a_failing_source_is_polled_less_often_until_it_responds():
    source = Source(*[OSError("away")] * 4, EMPTY, OSError("away"))

    poll(source, lambda p: None, seconds=60)

    gaps = [later - earlier for earlier, later in pairwise(source.requested_at)]
    assert gaps == pytest.approx([5, 10, 15, 15, 5, 5], abs=0.1)


@pytest.mark.parametrize(
    ("retry_after", "pauses"),
    [(0.0, [5, 10, 15]), (8.0, [8, 10, 15]), (10.0**9, [15, 15, 15])],
    ids=["no number", "longer at first", "longer than any pause"],
)
def test_a_source_that_asks_clients_to_wait_is_polled_later(retry_after, pauses):
    text = "the management API does not return statistics"
    source = Source(*[TooManyRequests(text, retry_after)] * 3, OSError("away"), EMPTY)

    poll(source, lambda p: None, seconds=70)

    gaps = [later - earlier for earlier, later in pairwise(source.requested_at)]
    assert gaps[:3] == pytest.approx(pauses, abs=0.1)


def test_the_time_that_an_answer_asks_for_counts_for_the_next_request_only():
    source = Source(TooManyRequests("busy", 15.0), AccessRefused("no"), EMPTY)

    poll(source, lambda p: None, seconds=45)

    gaps = [later - earlier for earlier, later in pairwise(source.requested_at)]
    assert gaps[:2] == pytest.approx([15, 10], abs=0.1)


def test_a_source_with_too_large_responses_is_polled_once_a_minute():
    source = Source(*[ResponseTooLarge("the management API returns more than 8 MiB")] * 9, EMPTY)

    error = poll(source, lambda p: p.error, seconds=130)

    assert error is not None
    assert error.reason == "StatisticsTooLarge"
    assert len(source.requested_at) == 3


def test_a_closed_poller_does_not_start():
    async def timeline() -> None:
        poller = StatisticsPoller(Source(EMPTY), "/", virtual_time.now, PERIOD, TENANT)
        await poller.close()
        await poller.start()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    virtual_time.run(timeline())


def test_nothing_is_known_before_the_first_response():
    names = poll(Source(), lambda p: p.names)

    assert isinstance(names, Unknown)
    assert names.reason == "NotReadYet"


ERRORS = [
    (AccessRefused("no"), "AccessRefused", True),
    (OSError("gone"), "StatisticsUnreachable", False),
    (KeyError("queue"), "StatisticsUnreadable", False),
]


@pytest.mark.parametrize(("error", "reason", "refused"), ERRORS)
def test_after_an_error_the_last_statistics_stay(error, reason, refused):
    found = poll(
        Source(EMPTY, error), lambda p: (p.error.reason, p.is_refused, p.latest.queues, p.latest.at)
    )

    assert found == (reason, refused, EMPTY, 0.0)


@pytest.mark.parametrize("error", [each for each, _, _ in ERRORS])
def test_the_next_response_clears_an_error(error):
    found = poll(Source(error, FULL), lambda p: (p.error, p.is_refused, p.latest.queues))

    assert found == (None, False, FULL)
