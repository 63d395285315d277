"""Why Pods are not ready, from their statuses as Kubernetes writes them."""

import asyncio

import pytest

from mare.cluster.bounded_answers import TooLarge
from mare.cluster.unready_pods import cause_of, unready_cause

FULL = (
    "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No"
    " preemption victims found for incoming pod."
)


def pod(*containers, init=(), ready="False", scheduled=None, **status):
    conditions = [{"type": "Ready", "status": ready}]
    if scheduled:
        conditions.append({"type": "PodScheduled", "status": "False", **scheduled})
    return {
        "metadata": {"name": "worker-1"},
        "status": {
            "conditions": conditions,
            "containerStatuses": list(containers),
            "initContainerStatuses": list(init),
            **status,
        },
    }


def waiting(reason, last=None):
    return {
        "state": {"waiting": {"reason": reason}},
        **({"lastState": {"terminated": last}} if last else {}),
    }


RUNNING = {"state": {"running": {}}}
DONE = {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
KILLED = {"exitCode": 137, "reason": "OOMKilled"}
FAILED = {"exitCode": 1, "reason": "Error"}


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        (pod(ready="True"), None),
        (pod(waiting("ImagePullBackOff")), "ImagePullBackOff"),
        (pod(waiting("ContainerCreating")), "ContainerCreating"),
        (pod(waiting("CrashLoopBackOff", FAILED)), "CrashLoopBackOff: exit code 1"),
        (pod(waiting("ContainerCreating"), waiting("ErrImagePull")), "ErrImagePull"),
        (pod(waiting("CrashLoopBackOff", KILLED)), "CrashLoopBackOff: OOMKilled"),
        (pod({"state": {"terminated": FAILED}}), "exit code 1"),
        (pod(RUNNING, waiting("ErrImagePull")), "ErrImagePull"),
        (
            pod(waiting("PodInitializing"), init=[waiting("CrashLoopBackOff", FAILED)]),
            "CrashLoopBackOff: exit code 1",
        ),
        (pod(RUNNING, init=[DONE]), "running, but not ready"),
        (
            pod(reason="Evicted", message="The node was low on memory."),
            "Evicted: The node was low on memory",
        ),
        (
            pod(scheduled={"reason": "Unschedulable", "message": FULL}),
            "Unschedulable: 0/3 nodes are available: 3 Insufficient memory",
        ),
        ({"metadata": {"name": "new"}}, "running, but not ready"),
    ],
)
def test_the_cause_is_the_word_that_kubernetes_has_for_it(given, cause):
    assert cause_of(given) == cause


def test_a_long_reason_is_cut():
    waiting = [{"state": {"waiting": {"reason": "x" * 10**6}}}]
    assert len(cause_of({"status": {"containerStatuses": waiting}})) == 160


def test_a_long_message_is_cut():
    cause = cause_of(pod(scheduled={"reason": "Unschedulable", "message": "x\n" * 500}))
    assert cause is not None
    assert len(cause) == 160
    assert "\n" not in cause


class FakeApi:
    def __init__(self, answer):
        self.answer = answer
        self.queries = []

    async def request(self, method, path, *, query, most):
        self.queries.append((method, path.text, dict(query), most))
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"items": self.answer}


def cause(answer):
    return asyncio.run(unready_cause(FakeApi(answer), "shop", "app=worker"))


def test_the_most_frequent_cause_counts():
    pull, full = pod(waiting("ImagePullBackOff")), pod(scheduled={"reason": "Unschedulable"})
    assert cause([pod(ready="True"), full, pull, pull]) == "ImagePullBackOff"


def test_pods_that_are_deleted_do_not_count():
    gone = pod(waiting("ImagePullBackOff"))
    gone["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert cause([gone]) == "no Pod was created"
    assert cause([pod(ready="True")]) is None


def test_a_read_is_one_small_page():
    api = FakeApi([])
    asyncio.run(unready_cause(api, "shop", "app=worker"))
    assert api.queries == [
        (
            "GET",
            "/api/v1/namespaces/shop/pods",
            {
                "labelSelector": "app=worker",
                "fieldSelector": "status.phase!=Failed,status.phase!=Succeeded",
                "limit": "20",
            },
            2**22,
        )
    ]


def test_pods_that_are_too_large_have_no_cause():
    assert cause(TooLarge("more than 4 MiB")) is None
