"""What `spec.onDelete` does with the replicas of a workload."""

import asyncio

import pytest

from mare.ports import AccessRefused, Conflict, NotFound, Rejected, Unavailable
from mare.watch_events import handle_event
from tests.unit.operator_loop.worlds import AT_ONCE, World, body, settle


async def scale_to_zero(world: World, on_delete: str, **spec: object) -> None:
    world.begin(3, 0, onDelete=on_delete, **AT_ONCE, **spec)
    await world.ticks(60)
    assert world.workloads.scales["worker"].replicas == 0


def delete(world: World) -> None:
    handle_event(world.loop, "DELETED", body())


@pytest.mark.parametrize(("on_delete", "replicas"), [("Restore", 3), ("Keep", 0)])
async def test_deleting_an_object_at_zero_restores_the_replicas_if_on_delete_is_restore(
    world, on_delete, replicas
):
    await scale_to_zero(world, on_delete)
    delete(world)
    await settle()

    assert world.workloads.scales["worker"].replicas == replicas


async def test_the_original_replicas_are_in_the_status_and_outlast_the_leader(world):
    await scale_to_zero(world, "Restore")
    assert world.objects.last()["originalReplicas"] == 3

    await world.restart(onDelete="Restore", **AT_ONCE)
    await world.tick()
    delete(world)
    await settle()

    assert world.workloads.scales["worker"].replicas == 3


def lose_leadership(world: World) -> None:
    world.leads = False


def put_successor(world: World) -> None:
    world.put("successor", scaleTargetRef=body()["spec"]["scaleTargetRef"])


def begin_other_autoscaler(world: World) -> None:
    world.conflicts.conflicting = "HorizontalPodAutoscaler worker"


@pytest.mark.parametrize("change", [lose_leadership, put_successor, begin_other_autoscaler])
async def test_a_workload_for_which_another_one_is_responsible_by_then_is_left_alone(world, change):
    await scale_to_zero(world, "Restore")
    change(world)
    delete(world)
    await settle()

    assert world.workloads.scales["worker"].replicas == 0


async def test_another_workload_has_another_original_count(world):
    await scale_to_zero(world, "Restore")
    world.workloads.have("other", 5)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}
    world.put(generation=2, scaleTargetRef=target, paused="All")
    await world.tick()
    assert world.objects.last()["originalReplicas"] is None
    world.brokers.ready["worker"] = 95
    world.put(generation=3, scaleTargetRef=target, onDelete="Restore", **AT_ONCE)
    await world.tick()
    assert world.workloads.done[-1] == ("other", 10)
    assert world.objects.last()["originalReplicas"] == 5


@pytest.mark.parametrize("spec", [{"paused": "All"}, {"dryRun": True}, {}])
async def test_a_workload_that_the_object_never_scaled_is_left_alone(world, spec: dict):
    if not spec:
        world.conflicts.conflicting = "HorizontalPodAutoscaler worker"
    world.begin(2, 100, onDelete="Restore", **AT_ONCE, **spec)
    world.workloads.have("worker", 10)
    await world.ticks(5)
    assert world.objects.last()["originalReplicas"] is None
    world.conflicts.conflicting = None
    world.put(generation=2, onDelete="Restore", **AT_ONCE)
    delete(world)
    await settle()

    assert world.workloads.done == []


async def test_a_dry_run_does_not_record_the_original_replicas(world):
    world.begin(2, 50, onDelete="Restore", dryRun=True, **AT_ONCE)
    await world.tick()
    world.workloads.have("worker", 3)
    world.put(generation=2, onDelete="Restore", **AT_ONCE)
    await world.tick()
    assert world.objects.last()["originalReplicas"] == 3
    delete(world)
    await settle()

    assert world.workloads.done == [("worker", 5), ("worker", 3)]


@pytest.mark.parametrize(
    ("error", "restored"),
    [
        (AccessRefused("no"), []),
        (Conflict("changed"), []),
        (Rejected("a policy allows 20 replicas"), []),
        (Unavailable("away"), [("worker", 2)]),
    ],
)
async def test_after_a_refused_change_nothing_is_restored(world, error: Exception, restored: list):
    """A change that was not answered may have been made."""
    world.workloads.errors["worker"] = error
    world.begin(2, 50, onDelete="Restore", **AT_ONCE)
    await world.ticks(20)
    writes = [status for _, status in world.objects.statuses if len(status) < 5]
    assert len(writes) <= 2
    world.workloads.have("worker", 10)
    world.workloads.errors.clear()
    delete(world)
    await settle()

    assert world.workloads.done == restored


async def test_after_a_refused_change_whose_count_came_back_first_nothing_is_restored(world):
    """The status with the count before the change looked like one that had been made."""
    world.workloads.errors["worker"] = Rejected("a policy allows 20 replicas")
    answers = world.objects.late_answers = asyncio.Event()
    world.begin(2, 50, onDelete="Restore", **AT_ONCE)
    await world.tick()
    written = world.objects.stored["worker"]
    world.put(version=written, status=world.objects.status(), onDelete="Restore", **AT_ONCE)
    answers.set()
    await settle()
    assert world.workloads.sent
    world.workloads.have("worker", 10)
    world.workloads.errors.clear()
    delete(world)
    await settle()

    assert world.workloads.done == []


async def test_a_dry_run_restores_nothing(world):
    world.begin(3, 0, onDelete="Restore", dryRun=True, **AT_ONCE)
    await world.tick()
    world.workloads.have("worker", 1)
    delete(world)
    await settle()

    assert world.workloads.done == []


@pytest.mark.parametrize(("away_seconds", "replicas"), [(15, 3), (16, 0)])
async def test_an_unreachable_api_server_gets_retries_for_15_seconds(world, away_seconds, replicas):
    await scale_to_zero(world, "Restore")
    world.workloads.errors["worker"] = Unavailable("away")
    world.workloads.sent.clear()
    delete(world)
    await asyncio.sleep(away_seconds)
    world.workloads.errors.clear()
    await asyncio.sleep(600)
    assert len(world.workloads.sent) == 6

    assert world.workloads.scales["worker"].replicas == replicas


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(Unavailable("wait", retry_after=20), 19), (KeyError("resourceVersion"), 1)],
)
async def test_an_odd_answer_and_a_longer_pause_do_not_end_a_restore(world, error, seconds):
    await scale_to_zero(world, "Restore")
    world.workloads.errors["worker"] = error
    delete(world)
    await asyncio.sleep(seconds)
    world.workloads.errors.clear()
    await asyncio.sleep(20)

    assert world.workloads.scales["worker"].replicas == 3


@pytest.mark.parametrize(("error", "requests"), [(NotFound("gone"), 1), (AccessRefused("no"), 6)])
async def test_a_workload_that_is_gone_is_given_up_at_once(world, error: Exception, requests: int):
    await scale_to_zero(world, "Restore")
    world.workloads.errors["worker"] = error
    world.workloads.sent.clear()
    delete(world)
    await asyncio.sleep(600)

    assert len(world.workloads.sent) == requests


async def test_closing_ends_the_attempts(world):
    await scale_to_zero(world, "Restore")
    world.workloads.errors["worker"] = Unavailable("away")
    delete(world)
    await asyncio.sleep(2)
    await world.loop.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("replicas", [3, None])
async def test_a_workload_that_has_its_replicas_or_cannot_be_read_gets_no_request(world, replicas):
    await scale_to_zero(world, "Restore")
    del world.workloads.scales["worker"]
    if replicas is not None:
        world.workloads.have("worker", replicas)
    world.workloads.sent.clear()
    delete(world)
    (attempt,) = asyncio.all_tasks() - {asyncio.current_task()}
    await attempt
    assert world.workloads.sent == []
