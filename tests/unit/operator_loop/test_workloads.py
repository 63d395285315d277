"""Scale targets as they are watched: who is read when, and who is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mare.cluster import other_workloads, watch
from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import NOT_READ_YET, AccessRefused, Removal, Scale, Unavailable
from tests.unit.operator_loop.workload_api import Api, item, scale_of, target
from tests.unit.operator_loop.worlds import settle


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def watched(api: Api) -> WatchedWorkloads:
    return WatchedWorkloads(api, cluster_wide=True)


async def test_a_workload_that_is_requested_after_its_kind_was_listed_is_read_at_once(watched):
    assert (await scale_of(watched, target("a"))).replicas == 1
    assert (await scale_of(watched, target("b"))).replicas == 2
    missing = await scale_of(watched, target("c"))
    assert missing.reason == "WorkloadNotFound"


async def test_a_workload_that_does_not_exist_is_reported_although_its_kind_was_listed_before(
    watched, api
):
    assert (await scale_of(watched, target("a", "apps/v1"))).replicas == 1
    missing = await scale_of(watched, target("c", "apps/v1"))
    assert missing.reason == "WorkloadNotFound"
    api.events.put_nowait(("ADDED", item("c")))
    await settle()
    assert watched.get(target("c", "apps/v1")).replicas == 1


async def test_workloads_whose_kind_is_being_listed_are_not_read_singly(watched, api):
    watched.get(target("a", "apps/v1"))
    assert (await scale_of(watched, target("b", "apps/v1"))).replicas == 1
    assert api.reads == []


async def test_a_workload_is_read_again_until_that_succeeds(watched, api):
    await scale_of(watched, target("a"))
    api.errors = [Unavailable("away"), KeyError("odd"), AccessRefused("not allowed")]
    assert (await scale_of(watched, target("b"))).reason == "Unavailable"
    await asyncio.sleep(10)
    assert watched.get(target("b")).replicas == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AccessRefused("not allowed"), "Forbidden"),
        (Unavailable("spec.replicas does not exist"), "Unavailable"),
        (KeyError("metadata"), "Unavailable"),
    ],
)
async def test_a_workload_that_cannot_be_read_does_not_affect_others_of_its_kind(
    watched, api, error: Exception, reason: str
):
    api.broken["a"] = error
    watched.get(target("a"))
    watched.get(target("b"))
    await settle()
    assert watched.get(target("a")).reason == reason
    assert watched.get(target("b")).replicas == 2
    api.replicas["b"] = 9
    for name in "aab":
        api.events.put_nowait(("MODIFIED", item(name)))
    await settle()
    assert watched.get(target("b")).replicas == 9
    assert len(watched._reads.running) == 1
    api.broken.clear()
    await asyncio.sleep(10)
    assert watched.get(target("a")).replicas == 1
    assert not watched._reads.running


async def test_a_workload_that_may_be_neither_read_nor_listed_has_one_cause(
    watched, api, monkeypatch
):
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.0)
    api.refusal = AccessRefused("must not be listed")
    await scale_of(watched, target("b"))
    await settle()
    assert watched.get(target("b")).cause == "must not be listed"

    api.broken["a"] = AccessRefused("must not be read")
    watched.get(target("a"))
    await settle()
    assert watched.get(target("a")).cause == "must not be read"


async def test_a_list_of_a_cluster_that_was_restored_counts_although_its_versions_are_older(
    watched, api
):
    known = target("a", "apps/v1")
    await scale_of(watched, known)
    newer = item("a")
    newer["metadata"]["resourceVersion"], newer["spec"]["replicas"] = "9", 7
    api.events.put_nowait(("MODIFIED", newer))
    await settle()
    assert watched.get(known).replicas == 7
    api.events.put_nowait(Unavailable("the watch ended"))
    await asyncio.sleep(5)
    assert watched.get(known).replicas == 1


async def test_a_workload_that_is_requested_again_is_read_again(watched, api):
    await scale_of(watched, target("a"))
    await scale_of(watched, target("b"))
    watched.keep_only([target("a")])
    api.replicas["b"] = 7
    assert (await scale_of(watched, target("b"))).replicas == 7


async def test_deleted_workloads_without_an_autoscaler_are_forgotten(watched, api):
    await scale_of(watched, target("a", "apps/v1"))
    for number in range(50):
        api.events.put_nowait(("ADDED", item(f"preview-{number}")))
        api.events.put_nowait(("DELETED", item(f"preview-{number}")))
    api.events.put_nowait(("DELETED", item("a")))
    await settle()
    assert watched.get(target("a", "apps/v1")).reason == "WorkloadNotFound"
    assert {each.name for each in watched._last_read} == {"a"}
    assert {each.name for each in watched._others} == {"b"}


async def test_workloads_that_no_object_names_are_remembered_up_to_a_bound(
    watched, api, monkeypatch
):
    monkeypatch.setattr(other_workloads, "MOST_OF_NAMESPACE", 10)
    await scale_of(watched, target("a", "apps/v1"))
    for number in range(50):
        api.events.put_nowait(("ADDED", item(f"preview-{number}")))
    api.events.put_nowait(("ADDED", item("long", {"app": "a" * 300})))
    await settle()
    assert {each.name for each in watched._others} == {f"preview-{n}" for n in range(40, 50)}
    assert watched.get(target("preview-49", "apps/v1")).replicas == 1
    assert api.reads == []
    assert watched.get(target("preview-3", "apps/v1")) == NOT_READ_YET
    api.replicas["preview-3"] = 4
    assert (await scale_of(watched, target("preview-3", "apps/v1"))).replicas == 4
    watched.keep_only([target("a", "apps/v1")])
    assert set(watched._last_read) == {target("a", "apps/v1")}
    assert target("preview-49", "apps/v1") in watched._others
    watched.keep_only([])
    assert list(watched._others) == []


async def test_a_workload_that_is_requested_after_its_page_was_listed_is_read(watched, api):
    """It was not remembered: its selector is long."""
    second_page = asyncio.Event()

    async def pages(path: ApiPath, *, accept: str) -> AsyncIterator[dict[str, Any]]:
        yield {"metadata": {"resourceVersion": "1"}, "items": [item("a", {"app": "a" * 300})]}
        await second_page.wait()
        yield {"metadata": {"resourceVersion": "1"}, "items": [item("b")]}

    api.pages = pages  # type: ignore[method-assign]
    watched.get(target("b", "apps/v1"))
    await settle()
    assert watched.get(target("a", "apps/v1")) == NOT_READ_YET
    second_page.set()
    assert (await scale_of(watched, target("a", "apps/v1"))).replicas == 1
    assert api.reads == ["a"]


@pytest.mark.parametrize("changed", [False, True])
async def test_the_newest_scale_of_a_workload_without_an_autoscaler_is_used(
    watched, api, *, changed: bool
):
    """Replicas of a deleted object are restored for hours."""
    await scale_of(watched, target("a", "apps/v1"))
    await scale_of(watched, target("b", "apps/v1"))
    watched.keep_only([target("a", "apps/v1")])
    api.replicas["b"] = 7
    await watched.refresh(target("b", "apps/v1"))
    if changed:
        api.events.put_nowait(("MODIFIED", item("b")))
        await settle()
    assert watched.get(target("b", "apps/v1")).replicas == (1 if changed else 7)


@pytest.mark.parametrize("kind", ["argoproj.io/v1alpha1", "apps/v1"])
@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.parametrize("event", ["DELETED", "MODIFIED"])
async def test_an_answer_that_comes_after_a_newer_event_changes_nothing(
    watched, api, kind: str, *, changes: bool, event: str
):
    """A deleted workload existed again, for as long as its kind was watched."""
    known, request, answers = target("a", kind), api.request, asyncio.Event()
    scale = await scale_of(watched, known)

    async def is_late(*args: Any, **options: Any) -> dict[str, Any]:
        answer = await request(*args, **options)
        await answers.wait()
        return answer

    api.request = is_late
    late = watched.scale(known, scale, 3) if changes else watched.refresh(known)
    sent = asyncio.create_task(late)
    await settle()
    api.request = request
    newer = item("a")
    newer["metadata"]["resourceVersion"], newer["spec"]["replicas"] = "9", 7
    api.replicas["a"], api.version = 7, "9"
    api.events.put_nowait((event, newer))
    await settle()
    answers.set()
    await sent

    found = watched.get(known)
    if event == "DELETED":
        assert found.reason == "WorkloadNotFound"
    else:
        assert found.replicas == 7


async def test_the_ready_replicas_of_an_event_without_a_status_are_not_known(watched, api):
    """Those of the event before it counted, and unready replicas were taken for ready ones."""
    known = target("a", "apps/v1")
    event = item("a")
    event["status"] = {"readyReplicas": 1}
    await scale_of(watched, known)
    api.events.put_nowait(("MODIFIED", event))
    await settle()
    assert watched.get(known).ready == 1
    api.events.put_nowait(("MODIFIED", {"metadata": event["metadata"]}))
    await settle()
    assert watched.get(known).ready.reason == "NotReported"
    api.events.put_nowait(("MODIFIED", event))
    await settle()
    assert watched.get(known).ready == 1


LONG = "a" * 4_097


def assert_too_long(scale: Scale | Unknown, target: ScaleTarget) -> None:
    cause = f"the selector of {target} has more than 4,096 characters"
    assert scale == Unknown("SelectorTooLong", cause)


async def test_a_selector_over_its_bound_is_not_kept_from_an_event(watched, api):
    await scale_of(watched, target("a", "apps/v1"))
    for name in "a", "preview":
        api.events.put_nowait(("MODIFIED", item(name, {"app": LONG})))
    await settle()
    api.replicas["preview"], api.labels["preview"] = 1, LONG
    for name in "a", "preview":
        scale = await scale_of(watched, target(name, "apps/v1"))
        assert_too_long(scale, target(name, "apps/v1"))
    api.events.put_nowait(("MODIFIED", item("a", {"app": "a"})))
    await settle()
    assert watched.get(target("a", "apps/v1")).selector == "app=a"


@pytest.mark.parametrize("changed", [False, True])
async def test_a_selector_over_its_bound_is_not_kept_from_the_scale(watched, api, *, changed: bool):
    scale = await scale_of(watched, target("a"))
    api.labels["a"] = LONG
    if changed:
        await watched.scale(target("a"), scale, 3)
    else:
        await watched.refresh(target("a"))
    assert_too_long(watched.get(target("a")), target("a"))


@pytest.mark.parametrize(
    ("api_version", "kind", "chooses"),
    [
        ("apps/v1", "Deployment", False),
        ("argoproj.io/v1alpha1", "Rollout", False),
        ("example.test/v1", "Fleet", True),
    ],
)
async def test_victims_can_be_chosen_for_workloads_with_replica_sets(
    watched, api_version: str, kind: str, *, chooses: bool
):
    seen = await scale_of(watched, ScaleTarget("shop", api_version, kind, "a"))
    assert seen.ignores_deletion_cost is chooses


async def test_victims_cannot_be_chosen_for_a_kind_with_unknown_pods(watched):
    scale = await scale_of(watched, target("a", "example.test/v1"))
    removal = Removal(costs={"10.0.0.1": 1}, count=1)
    of = target("a", "example.test/v1")
    assert not await watched.mark_victims(of, scale, removal, lambda: True)
