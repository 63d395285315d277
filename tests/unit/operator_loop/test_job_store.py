"""What is remembered of Jobs is bounded, whatever their labels say."""

from mare.cluster.job_store import JobStore
from mare.domain.unknown import Unknown
from mare.ports import Scale
from mare.tenant_scheduler import REMEMBERED_JOBS, TenantScheduler
from tests.unit.operator_loop.job_api import CREATED, TARGET

OWN, FORGED = TARGET.uid, "of-nobody"


def job(number, uid=OWN):
    return {
        "metadata": {
            "name": f"{uid}-{number}",
            "namespace": TARGET.namespace,
            "labels": {"mare.dev/queueautoscaler-uid": uid},
            "annotations": {"mare.dev/job-number": str(number)},
            "ownerReferences": [{"uid": uid, "controller": True}],
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
        jobs.remove(TARGET.namespace, uid, f"{uid}-1")
    assert jobs.owners(None) == []


def test_numbers_of_an_object_are_kept_without_a_job_until_it_is_forgotten():
    jobs = store()
    jobs.put(job(4))
    jobs.remove(TARGET.namespace, OWN, f"{OWN}-4")
    assert jobs.next_number(TARGET) == 5
    jobs.forget(TARGET)
    assert jobs.next_number(TARGET) == 1


def test_a_namespace_over_its_limit_counts_again_once_a_list_fits():
    jobs = store()
    for number in range(REMEMBERED_JOBS.of_namespace):
        jobs.put(job(number, FORGED))
    jobs.put(job(1))
    assert isinstance(jobs.scale_of(TARGET), Unknown)
    owner = TARGET.namespace, OWN
    listed = {(owner, f"{OWN}-1")}
    jobs.keep_listed(jobs.owners(None), listed)
    jobs.keep_marks(None, listed)
    assert isinstance(jobs.scale_of(TARGET), Unknown), "the Job of the list is not remembered yet"
    jobs.put(job(1))
    jobs.keep_marks(TARGET.namespace, listed)
    scale = jobs.scale_of(TARGET)
    assert isinstance(scale, Scale)
    assert scale.replicas == 1
