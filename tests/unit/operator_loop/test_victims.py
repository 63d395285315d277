"""Who goes when a workload shrinks, and what happens where that cannot be chosen."""

from typing import Any

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.observation import NOT_REPORTED
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown
from mare.loop.operator_claim import OperatorClaim
from mare.loop.state import AutoscalerState
from mare.loop.victims import costs, observe_idle
from mare.ports import AccessRefused, BrokerReading, Unavailable
from tests.unit.operator.building import reading
from tests.unit.operator_loop.worlds import AT_ONCE, World, body

TWO_IDLE = {"10.0.0.1": 3, "10.0.0.2": 0, "10.0.0.3": 0}


def idle_only(**victims: Any) -> dict[str, Any]:
    return {
        "minReplicas": 1,
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
        "victims": {"policy": "IdleOnly", **victims},
    }


async def three_replicas(world: World, **spec: Any) -> None:
    world.brokers.unacknowledged = 3
    world.brokers.busy = TWO_IDLE
    world.begin(3, 0, **spec)


@pytest.mark.parametrize(
    ("busy", "left"),
    [
        pytest.param(TWO_IDLE, 1, id="two of three are idle"),
        pytest.param({**TWO_IDLE, "10.0.0.4": 1}, 2, id="one that is idle has ended"),
    ],
)
async def test_idle_replicas_that_can_be_marked_go_at_once(world, busy: dict[str, int], left: int):
    await three_replicas(world, **idle_only())
    world.brokers.busy = busy
    await world.ticks(5)
    assert world.workloads.done == []  # both samples have to be of after the start
    await world.ticks(5)

    assert world.workloads.done == [("worker", left)]
    assert world.objects.condition("VictimsChosen") == ("True", "Chosen")


@pytest.mark.parametrize(
    ("spec", "ready"), [(idle_only(), 0), (AT_ONCE, 25)], ids=["IdleOnly", "IdleFirst"]
)
async def test_a_replica_that_has_just_finished_goes_first(world, spec: dict[str, Any], ready: int):
    busy = world.brokers.busy = world.brokers.held = {**TWO_IDLE, "10.0.0.4": 1}
    world.brokers.unacknowledged = 4
    world.begin(4, 40, **spec)
    await world.ticks(5)
    world.brokers.held, world.brokers.unacknowledged = {**busy, "10.0.0.1": 0}, 1
    world.brokers.ready["worker"] = ready
    await world.ticks(10)

    costs = world.workloads.preferred[0].costs
    assert [each for each in costs if costs[each] == min(costs.values())] == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("single_active", "found"), [(True, {"a": 1, "b": 0}), (False, {"a": -10, "b": -5})]
)
def test_a_consumer_that_gets_all_messages_is_not_chosen_because_it_became_idle_last(
    *, single_active: bool, found: dict[str, float]
):
    state = AutoscalerState(read_autoscaler(body()), 0, OperatorClaim(""))
    queues = (reading(), reading(single_active=single_active))
    held, now = {"a": 1, "b": 0}, {"a": 0, "b": 0}
    observe_idle(state, BrokerReading(queues=queues, busy=held, held=held, busy_at=5.0))
    last = BrokerReading(queues=queues, busy=held, held=now, busy_at=10.0)
    observe_idle(state, last)
    observe_idle(state, BrokerReading(queues=queues, busy=NOT_REPORTED, busy_at=15.0))
    observe_idle(state, BrokerReading(queues=queues, busy=now, busy_at=NOT_REPORTED))

    assert costs(state, last) == found


async def test_a_refused_scale_down_to_the_busy_replicas_is_named_in_each_decision(world):
    """9 of 10 decisions had "0 replicas idle", so that Ready changed, and MareNotScaled was silent.

    Statistics come every 5 s, and no statistics were counted twice, although nothing was removed.
    """
    decisions = []
    await three_replicas(world, **idle_only())
    world.workloads.errors["worker"] = AccessRefused("may not patch deployments/scale")
    for number in range(80):
        if number % 10 == 0:
            world.brokers.statistics_at = world.brokers.busy_at = world.clock.now + 0.5
        await world.tick(0.5)
        decisions.append(world.history.view.decision)

    objects = world.objects
    first = next(number for number, each in enumerate(decisions) if each.changes)
    later = decisions[first + 1 :]

    assert len(later) > 40
    assert {each.desired for each in later} == {1}
    assert {each.reason for each in later if not each.changes} == {Reason.UNABLE_TO_SCALE}
    assert objects.condition("Ready") == ("False", "Forbidden")
    assert [reason for _, _, reason in objects.events].count("Forbidden") <= 2


@pytest.mark.parametrize(
    ("marking", "reason", "why"),
    [
        (False, "ConsumersHidden", "no Pod has the address of a consumer"),
        (AccessRefused("pods is forbidden"), "Forbidden", "pods is forbidden"),
        (Unavailable("away"), "Unavailable", "away"),
    ],
)
async def test_where_replicas_cannot_be_marked_none_goes_before_the_drain_wait_is_over(
    world, marking: object, reason: str, why: str
):
    await three_replicas(world, **idle_only(maxDrainWaitSeconds=120))
    world.workloads.marking = marking
    await world.ticks(115)
    assert world.workloads.done == []
    assert world.objects.condition("VictimsChosen") == ("False", reason)
    assert world.loop._states["shop", "worker"].marking_attempts.problem == Unknown(reason, why)
    assert world.objects.condition("ScalingLimited") == ("True", "Draining")
    assert world.objects.condition("Ready") == ("True", "Ready")
    assert world.objects.events == [("worker", "Warning", reason)]
    assert len(world.workloads.preferred) < 15
    await world.ticks(20)

    assert world.workloads.done == [("worker", 1)]


async def test_what_stopped_marks_of_one_workload_is_not_said_of_the_next_one(world):
    spec = idle_only(maxDrainWaitSeconds=120)
    await three_replicas(world, **spec)
    world.workloads.marking = False
    await world.ticks(30)
    assert world.objects.condition("VictimsChosen") == ("False", "ConsumersHidden")
    world.workloads.have("other", 3)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}
    world.put(generation=2, scaleTargetRef=target, **spec)
    await world.tick()

    assert world.objects.condition("VictimsChosen") == ("True", "Chosen")


async def test_without_the_right_to_mark_the_status_says_so_before_any_scale_down_and_each_decision(
    world,
):
    await three_replicas(world, **idle_only(policy="IdleFirst"))
    world.brokers.ready["worker"] = 30
    world.workloads.have("worker", 3, may_mark=False)
    await world.tick()
    assert world.workloads.done == []
    assert world.objects.condition("VictimsChosen") == ("False", "MarkingDisabled")
    world.brokers.ready["worker"] = 0
    await world.ticks(10)

    assert world.workloads.done == [("worker", 1)]
    assert world.workloads.preferred == []
    sentences = [
        each.get("lastDecision", {}).get("message", "") for _, each in world.objects.statuses
    ]
    (sentence,) = {each for each in sentences if each.startswith("3 → 1")}
    assert sentence.endswith(
        "A replica that is busy may end, because the operator may not mark Pods (rbac.markPods)."
    )


async def test_replicas_that_can_be_marked_again_go(world):
    await three_replicas(world, **idle_only())
    world.workloads.marking = AccessRefused("pods is forbidden")
    await world.ticks(10)
    world.workloads.marking = True
    await world.ticks(30)

    assert world.workloads.done == [("worker", 1)]
    assert world.objects.condition("VictimsChosen") == ("True", "Chosen")


async def test_a_workload_that_ignores_deletion_cost_scales_down_after_the_drain_wait(world):
    await three_replicas(world, **idle_only(maxDrainWaitSeconds=60))
    world.workloads.have("worker", 3, ignores_deletion_cost=True)
    await world.ticks(55)
    assert world.workloads.done == []
    assert world.objects.condition("VictimsChosen") == ("False", "ChoosesItself")
    await world.ticks(10)

    assert world.workloads.done == [("worker", 1)]
    assert world.workloads.preferred == []


async def test_with_idle_first_old_counts_of_busy_replicas_mark_no_pod(world):
    await three_replicas(world, **idle_only(policy="IdleFirst"))
    world.brokers.busy_at = world.clock.now - 15
    await world.tick()

    assert world.workloads.done == [("worker", 1)]
    assert world.workloads.preferred == []


async def test_with_idle_only_old_counts_of_busy_replicas_remove_none_before_the_drain_wait_is_over(
    world,
):
    await three_replicas(world, **idle_only(maxDrainWaitSeconds=60))
    world.brokers.busy_at = world.clock.now - 15
    await world.ticks(55)
    assert world.workloads.done == []
    assert world.objects.condition("VictimsChosen") == ("Unknown", "Stale")
    assert world.objects.condition("ScalingLimited") == ("True", "Draining")
    await world.ticks(10)

    assert world.workloads.done == [("worker", 1)]


@pytest.mark.parametrize(
    ("marking", "reason"),
    [(False, "ConsumersHidden"), (AccessRefused("pods is forbidden"), "Forbidden")],
)
async def test_idle_first_scales_down_even_if_pods_cannot_be_marked_and_says_so(
    world, marking: object, reason: str
):
    await three_replicas(world, **idle_only(policy="IdleFirst"))
    world.workloads.marking = marking
    await world.ticks(15)

    assert world.workloads.done == [("worker", 1)]
    assert world.objects.condition("VictimsChosen") == ("False", reason)


async def test_with_idle_first_the_status_names_how_victims_are_chosen_from_the_first_reading_on(
    world,
):
    """Neither the first two samples nor old ones change it: each change would be a write."""
    await three_replicas(world, **idle_only(policy="IdleFirst"))
    world.brokers.busy = Unknown("NotReported", "the broker's statistics are not read")
    await world.tick()
    assert world.objects.condition("VictimsChosen") == ("True", "IdleFirst")
    world.brokers.busy = TWO_IDLE
    await world.ticks(12)

    assert world.objects.condition("VictimsChosen") == ("True", "IdleFirst")


async def test_with_idle_first_the_status_says_that_a_stateful_set_chooses_itself(world):
    await three_replicas(world, **idle_only(policy="IdleFirst"))
    world.workloads.have("worker", 3, ignores_deletion_cost=True)
    await world.ticks(3)

    assert world.workloads.done == [("worker", 1)]
    assert world.objects.condition("VictimsChosen") == ("Unknown", "ChoosesItself")


async def three_ready(world: World, ready: int) -> None:
    await three_replicas(world, **idle_only())
    world.brokers.ready["worker"] = ready


async def test_a_replica_that_was_idle_before_messages_were_ready_stays(world):
    """Ready messages fill every consumer; older statistics still show idle ones."""
    await three_ready(world, 1)
    await world.ticks(60)
    assert world.workloads.done == []
    world.brokers.ready["worker"] = 0
    await world.ticks(5)
    assert world.workloads.done == []
    await world.ticks(5)

    assert world.workloads.done == [("worker", 1)]


async def test_without_any_message_replicas_go_although_none_can_be_marked(world):
    await three_replicas(world, **idle_only())
    world.workloads.marking = AccessRefused("pods is forbidden")
    world.brokers.unacknowledged = 0
    world.brokers.busy = dict.fromkeys(TWO_IDLE, 0)
    await world.ticks(30)

    assert world.workloads.done == [("worker", 1)]
