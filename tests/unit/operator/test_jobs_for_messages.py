"""How many Jobs are created, in the races between messages, Jobs and readings."""

import pytest

from mare.domain.decide_jobs import AT_A_TIME
from mare.domain.evidence import Evidence, FailedAttempt
from mare.domain.reason import Reason
from mare.domain.spec import Pause
from mare.domain.unknown import Unknown
from tests.unit.operator.jobs_over_time import JobTimeline, with_jobs


def test_a_job_is_created_for_each_ready_message():
    time = JobTimeline(ready=3)
    decision = time.step()
    assert decision.replicas == time.created == 3
    assert decision.message == (
        "0 → 3 Jobs: 3 ready messages, of which unfinished Jobs will take 0;"
        " the others need 3 Jobs at 1 per Job."
    )


@pytest.mark.parametrize(("ready", "jobs"), [(1, 1), (5, 1), (6, 2), (11, 3)])
def test_a_job_is_created_for_each_messages_per_job(ready, jobs):
    time = JobTimeline(with_jobs(messages_per_job=5), ready=ready)
    time.step(5)
    assert time.created == jobs


def test_never_more_than_max_replicas_are_unfinished():
    time = JobTimeline(with_jobs(max_replicas=4), ready=9)
    decision = time.step(3)
    assert time.created == 4
    assert decision.reason is Reason.TOO_MANY_REPLICAS
    assert decision.raw == 9
    time.start()
    time.take(4)
    time.step(3)
    time.succeed(1, 2)
    time.step(3)
    assert time.unfinished == 4


def test_lower_max_replicas_keep_the_jobs_that_run():
    time = JobTimeline(with_jobs(max_replicas=4), ready=9)
    time.step()
    time.spec = with_jobs(max_replicas=2)
    decision = time.step()
    assert (decision.replicas, decision.reason) == (4, Reason.TOO_MANY_REPLICAS)


def test_few_jobs_are_created_at_a_time():
    time = JobTimeline(with_jobs(max_replicas=200), ready=120)
    decision = time.step()
    assert decision.replicas == AT_A_TIME
    assert decision.message.endswith("need 120 Jobs at 1 per Job. 50 Jobs are created at a time.")
    time.step(1)
    assert time.created == 120


def test_a_job_that_starts_slowly_keeps_its_claim_until_it_has_taken_a_message():
    time = JobTimeline(ready=2)
    time.step(60)
    time.start(1)
    time.take()
    time.step(60)
    assert time.created == 2
    time.ready += 1
    time.step()
    assert time.created == 3


def test_a_job_that_acknowledges_early_counts_as_busy():
    """Its message is neither ready nor unacknowledged; the fall of the queue shows the start."""
    time = JobTimeline(with_statistics=True, ready=1)
    time.step()
    time.start()
    time.take()
    time.now += 3600
    time.step()
    time.ready += 2
    time.step()
    assert time.created == 3


def test_a_job_that_is_seen_to_be_ready_after_it_took_its_message_counts_as_busy():
    """Kubernetes updates the status of a Job every second."""
    time = JobTimeline(with_statistics=True, ready=3)
    time.step()
    time.take(3)
    time.step(1)
    time.start()
    time.step(1)
    time.ready += 3
    time.step()
    assert time.created == 6


def test_a_job_that_ends_before_it_is_seen_to_be_ready_frees_no_other_claim():
    time = JobTimeline(ready=2)
    time.step()
    time.take()
    time.step(0.5)
    time.succeed(1)
    time.step(0.5)
    time.start(2)
    time.step(10)
    assert time.created == 2


def test_a_job_that_takes_two_messages_leaves_the_other_one_its_claim():
    time = JobTimeline(ready=2)
    time.step(2)
    time.start(1)
    time.take(2)
    time.step(2)
    time.ready += 1
    time.step(2)
    assert time.created == 2, "the second Job has not started, and takes the new message"
    time.start(2)
    time.take()
    time.step(2)
    time.ready += 1
    time.step()
    assert time.created == 3


def test_a_job_whose_pod_is_replaced_claims_the_message_that_the_broker_requeues():
    time = JobTimeline(ready=1)
    time.step()
    time.start()
    time.take()
    time.step(5)
    time.replace_pod(1)
    time.requeue()
    time.step(120)
    assert time.created == 1


def test_a_reading_from_before_the_end_of_a_job_creates_no_job():
    """The Job takes its message after the reading and ends before the decision."""
    time = JobTimeline(ready=1)
    time.step()
    time.start()
    time.succeed()
    assert time.decide().replicas == 0
    time.take()
    time.now += 0.25
    time.step(5)
    assert time.created == 1


def test_an_arrival_that_hides_a_delivery_gets_a_job_once_statistics_show_it():
    time = JobTimeline(with_jobs(start_seconds=600), with_statistics=True, ready=1)
    time.step()
    time.start()
    time.take()
    time.ready += 1
    time.step(10)
    assert time.created == 2


def test_an_arrival_that_hides_a_delivery_gets_a_job_after_start_seconds_without_statistics():
    time = JobTimeline(with_jobs(start_seconds=20), ready=1)
    time.step()
    time.start()
    time.take()
    time.ready += 1
    time.step(19)
    assert time.created == 1
    time.step(3)
    assert time.created == 2


def test_a_delivery_that_freed_a_claim_frees_no_second_one_when_statistics_show_it():
    time = JobTimeline(with_statistics=True, ready=1)
    time.step()
    time.start(1)
    time.take()
    time.step()
    time.ready += 1
    time.step()
    time.start(2)
    time.step(8)
    assert time.created == 2


def test_a_message_that_expires_hides_no_delivery_of_later():
    """A Job counts as busy when a message is gone, whose delivery no statistics show."""
    time = JobTimeline(with_jobs(start_seconds=600), with_statistics=True, ready=2)
    time.step()
    time.start()
    time.ready -= 1
    time.step(20)
    time.take()
    time.ready += 1
    time.step(10)
    assert time.created == 3


def test_a_waiting_job_takes_the_next_message():
    """A Job that found its message taken by another consumer waits for the next one."""
    time = JobTimeline(ready=1)
    time.step()
    time.ready -= 1
    time.step(10)
    time.start()
    time.step(60)
    time.ready += 1
    time.step(5)
    assert time.created == 1


def test_no_job_is_created_while_the_queue_is_unknown():
    time = JobTimeline(ready=1)
    time.ready = Unknown("BrokerUnreachable", "the broker does not answer")
    decision = time.step(5)
    assert time.created == 0
    assert decision.reason is Reason.QUEUES_UNKNOWN
    assert decision.message == "Kept at 0: no Job is created, because the broker does not answer."


@pytest.mark.parametrize("pause", [Pause.ALL, Pause.SCALE_OUT])
def test_a_pause_stops_new_jobs(pause):
    time = JobTimeline(ready=5)
    time.spec = type(time.spec)(max_replicas=5, jobs=time.spec.jobs, paused=pause)
    decision = time.step(5)
    assert time.created == 0
    assert decision.reason is Reason.PAUSED


def test_another_operator_stops_new_jobs():
    time = JobTimeline(ready=5)
    time.evidence = Evidence(conflict=Unknown("OtherOperator", "operator a/b acts on this object"))
    decision = time.step()
    assert time.created == 0
    assert (decision.reason, decision.desired) == (Reason.OTHER_OPERATOR, 5)


def test_a_failed_request_delays_new_jobs():
    time = JobTimeline(ready=5)
    why = Unknown("Forbidden", "jobs.batch is forbidden")
    time.evidence = Evidence(failure=FailedAttempt(why, time.now + 5))
    decision = time.step()
    assert time.created == 0
    assert decision.reason is Reason.UNABLE_TO_SCALE
    time.step(6)
    assert time.created == 5
