"""What is remembered of Jobs is bounded, whatever their labels say."""

import pytest

from mare.cluster.job_manifest import job_name
from mare.cluster.job_store import JobStore
from mare.domain.jobs import JobState
from mare.domain.unknown import Unknown
from mare.ports import Scale
from mare.tenant_scheduler import REMEMBERED_JOBS, TenantScheduler
from tests.unit.operator_loop.job_api import CREATED, TARGET

OWN, FORGED = TARGET.uid, "of-nobody"


def name_of(number, uid=OWN):
    return job_name("worker", uid, number)


def job(number, uid=OWN):
    return {
        "metadata": {
            "name": name_of(number, uid),
            "namespace": TARGET.namespace,
            "labels": {"mare.dev/queueautoscaler-uid": uid},
            "ownerReferences": [{"name": "worker", "uid": uid, "controller": True}],
            "creationTimestamp": CREATED,
            "resourceVersion": str(number),
        },
    }


def store():
    found = JobStore(TenantScheduler())
    found.follow(TARGET)
    return found


def test_owners_that_are_no_objects_leave_nothing_behind_without_a_job():
    jobs = store()
    for number in range(3):
        uid = f"{FORGED}-{number}"
        jobs.put(job(1, uid))
        jobs.remove(TARGET.namespace, uid, name_of(1, uid))
    assert jobs.owners(None) == []


def test_numbers_of_an_object_are_kept_without_a_job_until_it_is_forgotten():
    jobs = store()
    jobs.put(job(4))
    jobs.remove(TARGET.namespace, OWN, name_of(4))
    assert jobs.next_number(TARGET) == 5
    jobs.forget(TARGET)
    assert jobs.next_number(TARGET) == 1


def test_an_object_that_is_forgotten_while_a_job_is_created_leaves_nothing_behind():
    jobs = store()
    jobs.forget(TARGET)
    jobs.use(TARGET, 4)
    assert jobs.next_number(TARGET) == 1


@pytest.mark.parametrize(
    ("changed", "highest"),
    [
        ({"annotations": {"mare.dev/job-number": "9999999999"}}, 4),
        ({"name": "worker-9999999999"}, 0),
        ({"name": name_of(99_999_999_999)}, 0),
        ({"name": name_of("0005")}, 0),
    ],
)
def test_a_number_comes_from_the_name_that_the_operator_gives(changed, highest):
    jobs, found = store(), job(4)
    found["metadata"] |= changed
    jobs.put(found)
    assert jobs.next_number(TARGET) == highest + 1


@pytest.mark.parametrize(
    "time", [None, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "never"], ids=str
)
@pytest.mark.parametrize("key", ["completionTime", "lastTransitionTime"])
def test_a_job_with_an_impossible_end_ended_at_its_creation(key, time):
    condition = {"type": "Failed", "status": "True"}
    status = {"completionTime": time} if key == "completionTime" else {}
    status["conditions"] = [condition if status else {**condition, key: time}]
    jobs = store()
    jobs.put({**job(1), "status": status})
    (found,) = jobs.scale_of(TARGET).jobs
    assert (found.state, found.finished) == (JobState.FAILED, found.created)


def test_a_namespace_over_its_limit_counts_again_once_a_list_fits():
    jobs = store()
    for number in range(REMEMBERED_JOBS.of_namespace):
        jobs.put(job(number, FORGED))
    jobs.put(job(1))
    assert isinstance(jobs.scale_of(TARGET), Unknown)
    owner = TARGET.namespace, OWN
    listed = {(owner, name_of(1)): False}
    with jobs.listing(jobs.owners(None), listed):
        pass
    jobs.keep_marks(None, listed, jobs.refusals())
    assert isinstance(jobs.scale_of(TARGET), Unknown), "the Job of the list is not remembered yet"
    jobs.put(job(1))
    jobs.keep_marks(TARGET.namespace, listed, jobs.refusals())
    scale = jobs.scale_of(TARGET)
    assert isinstance(scale, Scale)
    assert scale.replicas == 1


def test_a_job_whose_owner_has_a_name_that_no_object_can_have_is_not_read():
    long = job(1)
    long["metadata"]["ownerReferences"][0]["name"] = "-a" * 500
    assert store().put(long) is None
