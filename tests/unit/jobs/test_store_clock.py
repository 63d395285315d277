"""The time of the store: a replica whose own clock is wrong ends no job of another one early."""

from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs import store_clock
from mare_services.jobs.domain.job import Terms
from mare_services.jobs.lifecycle import JobLifecycle
from mare_services.jobs.store_clock import StoreClock
from tests.fakes.clock import Clock

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Times:
    """The clocks of a process and of a store whose answer takes `takes` seconds."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.wall = Clock((NOW + ahead).timestamp())
        self.ticks = Clock(50.0)
        self.store = NOW.timestamp()
        self.takes = 0.0
        self.store_reads_at = 0.5
        """The share of this time after which the store reads its clock."""
        self.time, self.monotonic = self.wall, self.ticks

    def read(self) -> float:
        """Return what the store's clock shows between request and answer."""
        self.go_on(self.takes * self.store_reads_at)
        now = self.store
        self.go_on(self.takes * (1 - self.store_reads_at))
        return now

    def go_on(self, seconds: float) -> None:
        self.wall.now += seconds
        self.ticks.now += seconds
        self.store += seconds


@pytest.fixture
def replica(monkeypatch):
    def make(store, times):
        monkeypatch.setattr(store_clock, "time", times)
        monkeypatch.setattr(store.database, "time", times.read)
        store.clock = store.outbox.clock = clock = StoreClock(store.database)
        clock.synchronize()
        return JobLifecycle(store, terms=Terms(), stalled_after=MINUTE, redeliveries=1, clock=clock)

    return make


def test_a_replica_that_is_15_minutes_ahead_expires_no_job_of_another_one(store, replica):
    replica(store, Times()).accept(JobSubmission(id="1", request={}))
    ahead = replica(store, times := Times(15 * MINUTE))
    assert ahead.expire() == 0
    times.go_on(Terms().duration.total_seconds() + 1)
    assert ahead.expire() == 1


def test_a_job_of_a_replica_that_is_15_minutes_behind_is_not_overdue_at_once(store, replica):
    replica(store, Times(-15 * MINUTE)).accept(JobSubmission(id="1", request={}))
    other = replica(store, Times())
    assert other.expire() == 0
    assert other.get("1", "").state is JobState.PENDING


def test_the_time_goes_on_whatever_is_set_on_the_machine(store, replica):
    clock = replica(store, times := Times()).clock
    times.wall.now += 900
    times.go_on(3)
    assert clock() == NOW + timedelta(seconds=3)


def test_the_time_of_the_answer_is_no_difference(store, replica):
    times = Times()
    times.takes = 4.0
    clock = replica(store, times).clock
    assert clock() == NOW + timedelta(seconds=4)


def test_a_slow_answer_moves_the_time_only_as_far_as_it_is_wrong(store, replica):
    clock = replica(store, times := Times()).clock
    times.takes, times.store_reads_at = 16.0, 1.0
    clock.synchronize()
    assert clock() == NOW + timedelta(seconds=16)
    times.store += 900
    clock.synchronize()
    assert clock() == NOW + timedelta(seconds=32 + 900)


@pytest.mark.parametrize("ahead", [15 * MINUTE, -15 * MINUTE])
def test_a_wrong_clock_ends_no_claim_of_another_replica_early(store, replica, ahead):
    replica(store, Times())
    replica(store, times := Times(ahead)).accept(JobSubmission(id="1", request={}))
    clock = replica(store, times).clock
    assert store.outbox.unclaimed_types(NOW) == []
    assert store.outbox.unclaimed_types(clock() + timedelta(seconds=16)) == ["job_accepted"]


def test_the_time_is_that_of_the_machine_before_the_store_is_read(store, monkeypatch):
    monkeypatch.setattr(store_clock, "time", Times(MINUTE))
    assert StoreClock(store.database)() == NOW + MINUTE
