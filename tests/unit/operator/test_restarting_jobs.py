"""Jobs whose containers fail and restart in the same Pod, as with restartPolicy OnFailure."""

from dataclasses import replace

from tests.unit.operator.jobs_over_time import JobTimeline


def one_that_works(*, restarts=True):
    """One Job has taken a message a while ago."""
    time = JobTimeline(restarts_containers=restarts, ready=1)
    time.step()
    time.start()
    time.take()
    time.step(10)
    return time


def test_a_job_claims_a_message_that_is_requeued_after_its_container_ended():
    time = one_that_works()
    time.restart_container(1)
    time.step(2)
    time.requeue()
    time.step(120)
    assert time.created == 1


def test_a_message_that_ends_each_container_has_two_jobs():
    """The queue shows it a moment before the Job shows that its Pod is not ready."""
    time = one_that_works()
    worker = 1
    for _ in range(10):
        time.requeue()
        time.step(1)
        time.restart_container(worker)
        time.step(20)
        worker = worker % time.created + 1
        time.start(worker)
        time.take()
        time.step(20)
    assert time.created == 2


def test_jobs_claim_no_more_messages_than_the_broker_requeues():
    time = JobTimeline(restarts_containers=True, ready=2)
    time.step()
    time.start()
    time.take(2)
    time.step(10)
    time.restart_container(1)
    time.restart_container(2)
    time.requeue()
    time.step(10)
    assert time.created == 2
    time.ready += 1
    time.step()
    assert time.created == 3


def test_a_pod_that_is_not_ready_for_a_while_claims_no_message_that_arrives_later():
    """A probe can fail because the worker is busy."""
    time = one_that_works()
    time.restart_container(1)
    time.step(10)
    time.ready += 1
    time.step()
    assert time.created == 2


def test_a_message_waits_ten_minutes_at_most_for_a_container_to_restart():
    time = one_that_works()
    time.restart_container(1)
    time.requeue()
    time.step(595)
    assert time.created == 1
    time.step(10)
    assert time.created == 2


def test_a_message_of_a_job_that_is_deleted_gets_another_one():
    time = one_that_works()
    time.restart_container(1)
    time.jobs["job-1"] = replace(time.jobs["job-1"], terminating=True)
    time.requeue()
    time.step()
    assert time.created == 2


def test_a_job_whose_containers_do_not_restart_claims_no_message_while_its_probe_fails():
    time = one_that_works(restarts=False)
    time.restart_container(1)
    time.ready += 1
    time.step()
    assert time.created == 2
