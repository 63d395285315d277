"""Jobs that fail delay the next ones."""

import pytest

from mare.domain.count import MAX_COUNT
from mare.domain.job_failures import JobFailures
from mare.domain.jobs import Job, JobState
from mare.domain.reason import Reason
from tests.unit.operator.jobs_over_time import JobTimeline, with_jobs


def fail_at_once(time, seconds):
    """Let each Job fail 2 s after its creation, for some time."""
    for _ in range(round(seconds)):
        time.step()
        time.now += 0.75
        time.fail(*(e.number for e in time.jobs.values() if time.now - e.created >= 2))


def test_a_job_that_always_fails_at_once_is_no_storm():
    first = 20
    time = JobTimeline(with_jobs(max_replicas=first), ready=1000)
    fail_at_once(time, 1500)
    tries = 5 + 1200 / 300  # after 10, 20, 40, 80, 160 s, then every 300 s
    assert first < time.created <= first + tries + 1


def failed(created):
    return Job(
        name="work",
        version="1",
        number=1,
        state=JobState.FAILED,
        created=created,
        finished=created + 1,
    )


def test_a_count_of_failures_never_exceeds_what_a_status_can_store():
    """A user may write the highest one to the status."""
    failures = JobFailures(in_turn=MAX_COUNT, last=100.0, at_once=True)
    assert failures.observe([failed(created=500.0)], now=600.0).in_turn == MAX_COUNT


def test_a_far_time_in_a_status_hides_no_failure_after_it_is_read():
    failures = JobFailures(counted_until=9e9).observe([], now=1000.0)
    assert failures.observe([failed(created=1020.0)], now=1022.0).failed == 1


def test_jobs_that_fail_together_count_once():
    time = JobTimeline(with_jobs(max_replicas=50), ready=50)
    time.step(3)
    time.fail()
    decision = time.step(1)
    assert time.history.failures.in_turn == 1
    assert time.history.failures.failed == 50
    assert "The last Job failed, so that no Job is created for" in decision.message


def test_one_job_alone_tries_after_a_job_that_failed_at_once():
    time = JobTimeline(ready=5)
    time.step(3)
    time.fail()
    decision = time.step(14)
    assert time.unfinished == 1
    assert decision.reason is Reason.JOBS_FAILING
    assert "one Job alone is created until one succeeds" in decision.message


@pytest.mark.parametrize("offset", [-300.0, 0.0, 300.0])
def test_a_delay_lasts_as_long_where_the_clock_of_the_api_server_differs(offset):
    time = JobTimeline(ready=1, offset=offset)
    time.step(2)
    time.fail()
    decision = time.step(5)
    assert decision.until == 1002 + 10
    time.step(4.5)
    assert time.created == 1
    time.step(2)
    assert time.created == 2


def one_that_tries():
    """Five Jobs failed at once, and the sixth one has taken a message."""
    time = JobTimeline(ready=5)
    time.step(3)
    time.fail()
    time.step(14)
    time.start(6)
    time.take()
    return time


def test_a_success_ends_the_delay():
    time = one_that_tries()
    time.step(2)
    time.succeed(6)
    time.step()
    assert time.unfinished == 4
    assert time.history.failures.in_turn == 0


def test_the_first_failure_after_a_success_counts_although_its_job_is_older():
    time = JobTimeline(ready=3)
    time.step(3)
    time.fail(1)
    time.step(3)
    time.succeed(2)
    time.step(3)
    time.fail(3)
    time.step()
    assert time.history.failures.in_turn == 1


def test_a_job_that_runs_for_a_minute_ends_the_delay():
    time = one_that_tries()
    time.step(40)
    assert time.unfinished == 1
    time.step(25)
    assert time.unfinished == 5


@pytest.mark.parametrize("pods", [1, 2])
def test_the_time_until_a_pod_is_ready_does_not_count(pods):
    """Each try waits for a new node, and its container ends at once."""
    time = JobTimeline(ready=1)
    for _ in range(3):
        time.now = max(time.now, time.history.failures.until or 0.0)
        time.step(80)
        for _ in range(pods):
            time.start()
            time.take()
            time.step(2)
            time.requeue()
            time.replace_pod(time.created)
            time.step(40)
        time.fail()
        time.step()
    assert time.created == 3
    assert time.history.failures.in_turn == 3


def test_a_job_alone_that_started_late_ends_the_delay_after_a_minute_of_work():
    time = JobTimeline(ready=5)
    time.step(3)
    time.fail()
    time.step(70)
    time.start(6)
    time.take()
    time.step(55)
    assert time.unfinished == 1
    time.step(10)
    assert time.unfinished == 5


def test_a_job_that_fails_after_hours_delays_others_for_ten_seconds_only():
    time = JobTimeline(ready=3)
    time.step()
    time.start()
    time.take(3)
    time.step()
    time.now += 7200
    time.step()
    time.fail(1)
    time.requeue()
    time.ready += 3
    time.step(8)
    assert time.created == 3
    time.step(5)
    assert time.unfinished == 6


@pytest.mark.parametrize(("failures", "seconds"), [(1, 10), (2, 20), (3, 40), (6, 300), (20, 300)])
def test_the_delay_doubles_up_to_five_minutes(failures, seconds):
    time = JobTimeline(ready=1)
    for _ in range(failures):
        until = time.history.failures.until
        time.now = max(time.now, until or 0.0)
        time.step(1)
        assert time.unfinished == 1
        time.fail()
        time.step()
        assert until != time.history.failures.until
    assert time.history.failures.until - time.history.failures.last == seconds


def test_a_new_leader_continues_the_delay():
    time = JobTimeline(ready=1)
    time.step(2)
    time.fail()
    time.step()
    time.restart_operator()
    time.step(5)
    assert time.created == 1
    assert time.history.failures.failed == 1


def test_a_job_of_the_history_is_counted_once():
    time = JobTimeline(ready=2)
    time.step()
    time.start()
    time.take(2)
    time.step(2)
    time.succeed(1)
    time.step(5)
    time.fail(2)
    time.step(5)
    assert (time.history.failures.succeeded, time.history.failures.failed) == (1, 1)
    del time.jobs["job-1"]
    time.step(5)
    assert (time.history.failures.succeeded, time.history.failures.failed) == (1, 1)
