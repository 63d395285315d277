"""How many Jobs are created by an operator that starts while Jobs run."""

import pytest

from tests.unit.operator.jobs_over_time import JobTimeline, with_jobs


def test_an_operator_that_restarts_creates_no_job_for_claimed_messages():
    time = JobTimeline(ready=3)
    time.step()
    time.restart_operator()
    time.step(60)
    assert time.created == 3


def test_a_job_that_had_taken_a_message_before_a_restart_delays_others_by_start_seconds_at_most():
    time = JobTimeline(with_jobs(messages_per_job=2), ready=2)
    time.step()
    time.start(1)
    time.take(1)
    time.step(10)
    time.restart_operator()
    time.step()
    time.take(1)
    time.step(60)
    time.ready += 1
    time.step(25)
    assert time.created == 1
    time.step(10)
    assert time.created == 2


@pytest.mark.parametrize("restarts", [False, True])
def test_a_job_that_works_on_one_of_its_messages_keeps_its_claim_to_the_others(restarts):
    """The first message can take it an hour. After a restart it is not known what it has taken."""
    time = JobTimeline(with_jobs(messages_per_job=3), ready=3)
    time.step()
    if restarts:
        time.restart_operator()
        time.step()
    time.start(1)
    time.take(1)
    time.step(120)
    assert time.created == 1


def test_jobs_that_ended_before_a_restart_hide_no_delivery():
    time = JobTimeline(with_jobs(start_seconds=600), with_statistics=True, ready=3)
    time.step()
    time.start()
    time.take(3)
    time.step(5)
    time.succeed()
    time.step(30)
    time.restart_operator()
    time.step(1)
    time.ready += 1
    time.step(1)
    time.start(4)
    time.take()
    time.ready += 1
    time.step(10)
    assert time.created == 5
