"""What stops a change: each is in the decision, the status and the page `docs/explain.md`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mare.domain.evidence import MESSAGES_LEFT, QUEUE_CHANGED
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Conflict, Unavailable
from tests.unit.operator_loop.worlds import World

PAGE = Path(__file__).parents[3] / "docs" / "explain.md"
NEEDS_TEN = "Kept at 1: 95 messages at 10 per replica need 10 replicas."
QUIET = "Kept at 1: no message, ready or unacknowledged, was seen in the last"


@dataclass(frozen=True, kw_only=True)
class Veto:
    prepare: Callable[[World], None]
    sentence: str
    reason: str
    able: tuple[str, str] = ("True", "Able")
    ready: int = 95
    replicas: int = 1
    seconds: int = 3
    spec: dict[str, Any] = field(default_factory=dict)


def conflict(world: World) -> None:
    world.conflicts.conflicting = "HorizontalPodAutoscaler worker"


def older_object(world: World) -> None:
    world.put("elder", scaleTargetRef=TARGET, created="2025-01-01T00:00:00Z")


TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"}


def refuse(world: World) -> None:
    world.workloads.errors["worker"] = AccessRefused("deployments.apps/scale is forbidden")


def ask_to_wait(world: World) -> None:
    """Let another object meet the Retry-After of the API server first."""
    world.begin(0, 95, "other")
    world.workloads.errors["other"] = Unavailable("too many requests", retry_after=20)


def change_at_the_same_time(world: World) -> None:
    async def refresh(target: object) -> None: ...

    world.workloads.behind = {"worker"}
    world.workloads.refresh = refresh  # type: ignore[method-assign]


def change_the_object(world: World) -> None:
    world.objects.error = Conflict("the object has been modified")


def answer(reason: str, cause: str) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        world.brokers.left["worker"] = Unknown(reason, cause, "worker")

    return prepare


def no_answer(world: World) -> None:
    async def check_quiet(autoscaler: object) -> None:
        await asyncio.Event().wait()

    world.brokers.check_quiet = check_quiet  # type: ignore[assignment, method-assign]


def refuse_marks(world: World) -> None:
    world.brokers.unacknowledged = 3
    world.brokers.busy = {"10.0.0.1": 3, "10.0.0.2": 0, "10.0.0.3": 0}
    world.workloads.marking = AccessRefused("pods is forbidden")


AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0}}
IDLE = {"idle": {"cooldownSeconds": 20}, "behavior": AT_ONCE}
IDLE_ONLY = {
    "minReplicas": 1,
    "behavior": AT_ONCE,
    "victims": {"policy": "IdleOnly"},
}
WITH_TIME = {"UnableToScale", "Draining", "MessagesLeft"}
EMPTY: dict[str, Any] = {"ready": 0, "seconds": 50, "spec": IDLE}
VETOES = {
    "another autoscaler": Veto(
        prepare=conflict,
        sentence=f"{NEEDS_TEN} HorizontalPodAutoscaler worker scales Deployment worker as well:"
        " nothing is changed until one of them is deleted.",
        reason="OtherAutoscaler",
        able=("False", "OtherAutoscaler"),
    ),
    "an older object": Veto(
        prepare=older_object,
        sentence=f"{NEEDS_TEN} QueueAutoscaler elder scales Deployment worker as well:"
        " nothing is changed until one of them is deleted.",
        reason="OtherAutoscaler",
        able=("False", "OtherAutoscaler"),
    ),
    "a refused change": Veto(
        prepare=refuse,
        sentence=f"{NEEDS_TEN} The last change failed, because deployments.apps/scale is"
        " forbidden; the next attempt is in 1 s.",
        reason="UnableToScale",
        able=("False", "Forbidden"),
        seconds=4,
    ),
    "an API server that asks for time": Veto(
        prepare=ask_to_wait,
        sentence=f"{NEEDS_TEN} The API server asks its clients to wait; the next attempt is in"
        " 17 s.",
        reason="UnableToScale",
        able=("False", "Unavailable"),
    ),
    "another client": Veto(
        prepare=change_at_the_same_time,
        sentence=f"{NEEDS_TEN} The last change failed, because another client changes the workload"
        " at the same time; the next attempt is in 1 s.",
        reason="UnableToScale",
        able=("False", "Conflict"),
        seconds=4,
    ),
    "another client that changes the object": Veto(
        prepare=change_the_object,
        sentence=f"{NEEDS_TEN} The last change failed, because another client changes this object"
        " at the same time; the next attempt is in 2 s.",
        reason="UnableToScale",
        able=("False", "ObjectChanged"),
        seconds=60,
    ),
    "queues that have not answered": Veto(
        prepare=no_answer,
        sentence=f"{QUIET} 49 s. Scale-down to 0 follows when the queues themselves report no"
        " message.",
        reason="ConfirmingQuiet",
        **EMPTY,
    ),
    "a queue that has changed": Veto(
        prepare=answer(QUEUE_CHANGED, "queue worker changed less than 6 s ago"),
        sentence=f"{QUIET} 49 s. Scale-down to 0 follows when the queues themselves report no"
        " message: queue worker changed less than 6 s ago.",
        reason="ConfirmingQuiet",
        **EMPTY,
    ),
    "a message that only the queue reports": Veto(
        prepare=answer(MESSAGES_LEFT, "queue worker still has messages: 1"),
        sentence="Kept at 1: 0 messages at 10 per replica need 0 replicas. The last replica stays"
        " until the cooldown has passed without a message. Queue worker still has messages: 1;"
        " scale-down to 0 follows after 20 s without a message.",
        reason="MessagesLeft",
        **EMPTY,
    ),
    "queues that cannot be asked": Veto(
        prepare=answer("AccessRefused", "the management API refuses the user"),
        sentence=f"{QUIET} 49 s. Scale-down to 0 is blocked, because the management API refuses"
        " the user.",
        reason="PartlyUnknown",
        **EMPTY,
    ),
    "Pods that cannot be marked": Veto(
        prepare=refuse_marks,
        sentence="Kept at 3: 3 messages at 10 per replica need 1 replica. The idle replicas are"
        " unknown, because pods is forbidden.",
        reason="Draining",
        ready=0,
        replicas=3,
        seconds=12,
        spec=IDLE_ONLY,
    ),
}


async def play(world: World, veto: Veto) -> None:
    veto.prepare(world)
    if "other" in world.workloads.scales:
        await world.tick()
    world.begin(veto.replicas, veto.ready, **veto.spec)
    await world.ticks(veto.seconds)


@pytest.mark.parametrize("name", VETOES)
async def test_what_stops_a_change_is_said_in_the_decision_with_its_time(world, name: str):
    veto = VETOES[name]
    await play(world, veto)
    decision = world.history.view.decision
    assert decision is not None
    assert (decision.message, decision.reason) == (veto.sentence, veto.reason)
    assert decision.replicas == decision.current == veto.replicas
    assert decision.steps[-1].text in decision.clauses
    assert (decision.until is None) == (veto.reason not in WITH_TIME)

    assert "worker" not in dict(world.workloads.done)


UNWRITTEN = {"an API server that asks for time", "another client that changes the object"}
"""Vetoes while which no status is written."""


@pytest.mark.parametrize("name", [each for each in VETOES if each not in UNWRITTEN])
async def test_what_stops_a_change_is_in_the_status_soon(world, name: str):
    veto = VETOES[name]
    await play(world, veto)
    await world.ticks(25)

    objects = world.objects
    written = [each.get("lastDecision", {}) for _, each in objects.statuses]

    assert objects.condition("AbleToScale") == veto.able
    assert veto.reason in [each.get("reason") for each in written]


@pytest.mark.parametrize("name", VETOES)
def test_the_page_has_the_sentence_of_each(name: str):
    text = " ".join(PAGE.read_text(encoding="utf-8").split())

    assert VETOES[name].sentence in text


async def test_a_change_that_is_under_way_for_long_is_in_the_status(world):
    world.workloads.slow = {"worker"}
    world.begin(0, 95)
    await world.ticks(15)

    status = world.objects.last()
    assert status["lastDecision"]["message"].startswith("0 → 10 replicas")
    assert (status["currentReplicas"], status["desiredReplicas"]) == (0, 10)


async def test_an_object_that_another_operator_acts_on_says_so_in_its_decision():
    world = World(operator="mare/own")
    world.begin(0, 95, status={"operator": "mare/other"})
    await world.tick()

    view = world.history.view
    assert view.decision is not None
    assert view.decision.message == (
        "Kept at 0: 95 messages at 10 per replica need 10 replicas. Operator mare/other acts on"
        " this object, operator mare/own leaves it alone."
    )


async def test_a_quiet_answer_that_is_too_old_allows_no_change(world):
    """All slots are taken when the queues have answered."""
    world.begin(1, 0, idle={"cooldownSeconds": 0})
    for number in range(16):
        world.begin(0, 95, f"other-{number}")
    world.workloads.answers = asyncio.Event()
    await world.ticks(30)
    world.brokers.left["worker"] = Unknown(MESSAGES_LEFT, "queue worker has a message")
    world.workloads.answers.set()
    await world.ticks(5)

    assert "worker" not in dict(world.workloads.done)


async def test_failed_writes_of_the_status_alone_delay_no_change(world):
    """The pause after such a write would stop the change, and no sentence would say so."""
    world.objects.error = Unavailable("the API server does not answer")
    world.begin(1, 5)
    await world.ticks(36)
    world.objects.error, world.brokers.ready["worker"] = None, 95
    await world.ticks(2)

    assert world.workloads.done == [("worker", 10)]
