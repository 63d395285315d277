"""Several autoscalers of one workload: one acts, and the others say why they do not."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mare.background import background
from mare.cluster.conflicting_autoscalers import MOST_OF_NAMESPACE, WatchedConflicts
from mare.cluster.conflicting_autoscalers import _target as target_of
from mare.cluster.paths import ApiPath
from mare.custom_resource.autoscaler import Key, ScaleTarget

ONE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"}
OLD, YOUNG = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


async def test_a_workload_that_another_kind_of_autoscaler_scales_is_left_to_it(world):
    world.conflicts.conflicting = "HorizontalPodAutoscaler worker"
    world.begin(0, 95)
    await world.ticks(20)

    assert world.workloads.done == []
    assert world.objects.condition("AbleToScale") == ("False", "OtherAutoscaler")
    assert world.objects.condition("Ready") == ("False", "OtherAutoscaler")
    assert world.objects.last()["desiredReplicas"] == 10
    assert world.objects.events == [("worker", "Warning", "OtherAutoscaler")]


async def test_when_the_other_one_is_gone_the_workload_is_scaled_at_once(world):
    world.conflicts.conflicting = "HorizontalPodAutoscaler keda-hpa-worker"
    world.begin(0, 95)
    await world.tick()
    world.conflicts.conflicting = None
    await world.tick()

    assert world.workloads.done == [("worker", 10)]
    assert world.objects.condition("AbleToScale")[0] == "True"


@pytest.mark.parametrize("version", ["apps/v1", "apps/v1beta1"])
async def test_two_objects_name_one_workload_by_any_versions_of_its_api_group(world, version: str):
    world.workloads.have("worker", 0)
    world.brokers.ready |= {"a": 200, "b": 95}
    world.put("a", scaleTargetRef={**ONE, "apiVersion": version}, created=YOUNG)
    world.put("b", scaleTargetRef=ONE, created=OLD)
    await world.ticks(5)
    assert world.workloads.done == [("worker", 10)]
    assert world.objects.condition("AbleToScale", "a") == ("False", "OtherAutoscaler")
    assert world.objects.condition("AbleToScale", "b")[0] == "True"
    world.loop.remove(Key("shop", "b"), "uid-b")
    await world.ticks(5)

    assert world.workloads.done == [("worker", 10), ("worker", 20)]


async def test_a_dry_run_reports_another_autoscaler_without_a_warning(world):
    world.conflicts.conflicting = "HorizontalPodAutoscaler keda-hpa-worker"
    world.begin(0, 95, dryRun=True)
    await world.ticks(20)

    assert world.workloads.done == []
    assert world.objects.condition("AbleToScale") == ("True", "OtherAutoscaler")
    assert world.objects.condition("Ready") == ("True", "DryRun")
    assert world.objects.events == []


async def test_an_older_dry_run_is_no_conflict(world):
    world.workloads.have("worker", 0)
    world.brokers.ready |= {"a": 95, "b": 200}
    world.put("a", scaleTargetRef=ONE, created=YOUNG)
    world.put("b", scaleTargetRef=ONE, created=OLD, dryRun=True)
    await world.ticks(5)
    assert world.workloads.done == [("worker", 10)]
    assert world.objects.condition("AbleToScale", "b") == ("True", "OtherAutoscaler")
    world.put("b", scaleTargetRef=ONE, created=OLD, generation=2)
    await world.ticks(20)
    world.loop.remove(Key("shop", "b"), "uid-b")
    world.loop.remove(Key("shop", "a"), "uid-a")

    assert world.workloads.done == [("worker", 10), ("worker", 20)]
    assert world.objects.condition("AbleToScale", "a") == ("False", "OtherAutoscaler")


async def test_the_younger_one_acts_when_the_older_one_turns_elsewhere(world):
    world.workloads.have("worker", 0)
    world.brokers.ready |= {"a": 200, "b": 95}
    world.put("a", scaleTargetRef=ONE, created=YOUNG)
    world.put("b", scaleTargetRef=ONE, created=OLD)
    await world.tick()
    world.put("b", generation=2, created=OLD)
    await world.ticks(20)

    assert world.workloads.done == [("worker", 10), ("worker", 20)]


class FakeApi:
    """Has one object of one kind, which `events` change, and none of other kinds."""

    def __init__(self, kind: str, name: str) -> None:
        self.events: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        """The type of each watch event, and the resourceVersion in it."""
        self._metadata = {"namespace": "shop", "name": name}
        self._kind = kind

    async def pages(self, path: ApiPath) -> AsyncIterator[dict]:
        is_asked = self._kind in path.text and path.namespace in {None, "shop"}
        items = [self._item("1")] if is_asked else []
        yield {"items": items, "metadata": {"resourceVersion": "1"}}

    async def changes(self, path: ApiPath, version: str) -> AsyncIterator[tuple[str, dict]]:
        while True:
            change, version = await self.events.get()
            yield change, self._item(version)
            self.events.task_done()

    def _item(self, version: str) -> dict:
        metadata = {**self._metadata, "resourceVersion": version}
        return {"metadata": metadata, "spec": {"scaleTargetRef": {"name": "worker"}}}


HPA = "HorizontalPodAutoscaler keda-hpa-worker"


@pytest.mark.parametrize(
    ("kind", "name", "events", "found"),
    [
        ("horizontalpodautoscalers", "keda-hpa-worker", [], HPA),
        ("horizontalpodautoscalers", "keda-hpa-worker", [("DELETED", "2")], None),
        ("horizontalpodautoscalers", "keda-hpa-worker", [("DELETED", "2"), ("ADDED", "3")], HPA),
        ("horizontalpodautoscalers", "keda-hpa-worker", [("DELETED", "3"), ("ADDED", "2")], None),
        ("scaledobjects", "worker", [], None),
    ],
    ids=["has one", "is paused", "is resumed", "a late event", "has none yet"],
)
async def test_keda_scales_as_long_as_its_scaled_object_has_an_hpa(
    kind: str, name: str, events: list[tuple[str, str]], found: str | None
):
    api = FakeApi(kind, name)
    conflicts = WatchedConflicts(api, ())
    async with background(conflicts.run()):
        await conflicts.wait_until_synced()
        for each in events:
            api.events.put_nowait(each)
        await api.events.join()

    assert conflicts.find(ScaleTarget("shop", "apps/v1", "Deployment", "worker")) == found


async def test_a_list_of_one_namespace_forgets_no_hpa_of_another():
    api = FakeApi("horizontalpodautoscalers", "keda-hpa-worker")
    conflicts = WatchedConflicts(api, ("shop", "market"))
    async with background(conflicts.run()):
        await conflicts.wait_until_synced()

    assert conflicts.find(ScaleTarget("shop", "apps/v1", "Deployment", "worker")) == HPA


class ManyHpas:
    """Has `count` HPAs in the namespace hostile, and one in shop; an event is of the last one."""

    def __init__(self, count: int) -> None:
        self.count, self.lists = count, 0
        self.changed = asyncio.Event()

    def _item(self, number: int, namespace: str = "hostile") -> dict:
        metadata = {"namespace": namespace, "name": f"hpa-{number}", "resourceVersion": "1"}
        return {"metadata": metadata, "spec": {"scaleTargetRef": {"name": f"worker-{number}"}}}

    async def pages(self, _: ApiPath) -> AsyncIterator[dict]:
        self.lists += 1
        items = [*map(self._item, range(self.count)), self._item(0, "shop")]
        yield {"items": items, "metadata": {"resourceVersion": "1"}}

    async def changes(self, *_: object) -> AsyncIterator[tuple[str, dict]]:
        while True:
            await self.changed.wait()
            self.changed.clear()
            yield "ADDED", self._item(self.count - 1)


@pytest.mark.parametrize("by_event", [True, False])
async def test_in_a_namespace_with_more_hpas_than_are_kept_no_workload_is_scaled(*, by_event: bool):
    """50,000 took 53 MiB."""
    found: list[str | None] = []
    api = ManyHpas(MOST_OF_NAMESPACE)
    conflicts = WatchedConflicts(api, ())

    async def find_after(*, event: bool) -> None:
        if event:
            api.changed.set()
        await asyncio.sleep(10)
        names = "worker-0", f"worker-{MOST_OF_NAMESPACE}", "other"
        targets = (ScaleTarget("hostile", "apps/v1", "Deployment", name) for name in names)
        found.extend(map(conflicts.find, targets))
        assert conflicts.find(ScaleTarget("shop", "apps/v1", "Deployment", "other")) is None

    if not by_event:
        api.count += 10
    async with background(conflicts.run()):
        await conflicts.wait_until_synced()
        if by_event:
            await find_after(event=False)
            api.count += 1
        await find_after(event=by_event)
        assert len(conflicts._target_of) == MOST_OF_NAMESPACE + 1
        await find_after(event=True)
        assert api.lists == 1
        api.count = MOST_OF_NAMESPACE
        await asyncio.sleep(60)
        await find_after(event=False)

    assert api.lists == 2
    one = "HorizontalPodAutoscaler hpa-0"
    unknown = "possibly one of more than 2,000 HorizontalPodAutoscalers"
    overfull, others = [one, unknown, unknown], [one, None, None]
    assert found == [*(others if by_event else []), *overfull, *overfull, *others]


def test_an_hpa_of_a_workload_that_cannot_exist_is_not_kept():
    """The API server accepts names and kinds of 1 MB."""
    metadata = {"namespace": "shop", "name": "a"}

    def hpa(kind: str, name: str) -> dict:
        return {"metadata": metadata, "spec": {"scaleTargetRef": {"kind": kind, "name": name}}}

    assert target_of(hpa("Deployment", "worker")) == ("shop", "Deployment", "worker")
    assert target_of(hpa("Deployment", "n" * 254)) is None
    assert target_of(hpa("k" * 64, "worker")) is None
