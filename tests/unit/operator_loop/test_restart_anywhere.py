"""An operator that is killed at any moment leaves its successor the same decisions.

The operator stops at one of its requests, before or after the API server has applied it, and
another one starts. The counts have to be those of an operator that was never killed, at most
`LATE_SECONDS` later: then the successor has read the queues itself for long enough.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mare.custom_resource.autoscaler import Autoscaler, Key, ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Conflict, Scale, Unavailable
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.fakes import FakeBrokers, FakeObjects, FakeWorkloads
from tests.unit.operator_loop.worlds import World

LATE_SECONDS = 16
AWAY = Unknown("BrokerUnreachable", "the broker does not answer")
_PHASE_SECONDS = 100
_SETTLING = 25
"""Turns of the event loop in which all that a tick of one object starts has ended."""

Load = int | Unknown
Counts = list[tuple[float, int]]


@dataclass
class Stops:
    """Ends the operator at some of the moments at which it waits for an answer."""

    at: Collection[int] = ()
    faults: Mapping[int, Exception] = field(default_factory=dict)
    """What the API server answers at other moments."""
    passed: int = 0
    reached: bool = False

    async def point(self, *, applied: bool = False) -> None:
        """Wait for ever if the operator ends here; a request that is applied is never refused."""
        self.passed += 1
        if self.passed in self.faults:
            raise Unavailable("lost") if applied else self.faults[self.passed]
        if self.passed in self.at or self.reached:
            self.reached = True
            await asyncio.Event().wait()


@dataclass
class StoppingWorkloads(FakeWorkloads):
    stops: Stops = field(default_factory=Stops)

    async def scale(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        await self.stops.point()
        if last_read.version != self.scales[target.name].version:
            raise Conflict("it has changed")
        await super().scale(target, last_read, replicas)
        version = str(int(last_read.version) + 1)
        self.scales[target.name] = replace(self.scales[target.name], version=version)
        await self.stops.point(applied=True)


@dataclass
class StoppingObjects(FakeObjects):
    stops: Stops = field(default_factory=Stops)

    async def write_status(
        self, autoscaler: Autoscaler, version: str, status: Mapping[str, Any]
    ) -> str:
        await self.stops.point()
        written = await super().write_status(autoscaler, version, status)
        await self.stops.point(applied=True)
        return written

    async def publish_event(self, *arguments: Any) -> None:
        await self.stops.point()
        await super().publish_event(*arguments)


@dataclass
class StoppingBrokers(FakeBrokers):
    stops: Stops = field(default_factory=Stops)

    async def read(self, autoscalers: Collection[Autoscaler]) -> Mapping[Key, BrokerReading]:
        if self.stops.passed and not self.stops.faults:
            await self.stops.point()
        return await super().read(autoscalers)


def spec_of(up: tuple[int, int], down: tuple[int, int], **more: Any) -> dict[str, Any]:
    """Return a spec with a policy of a number of Pods in a number of seconds, up and down."""
    rules = [
        {"policies": [{"type": "Pods", "value": pods, "periodSeconds": seconds}]}
        for pods, seconds in (up, down)
    ]
    rules[1]["stabilizationWindowSeconds"] = 0
    behavior = {"scaleUp": rules[0], "scaleDown": rules[1]}
    return {"behavior": behavior, "maxReplicas": 30, "victims": {"policy": "Default"}, **more}


def play(
    spec: Mapping[str, Any],
    loads: Sequence[Load],
    at: Iterable[int] = (),
    faults: Mapping[int, Exception] | None = None,
    longer: int = 0,
) -> tuple[Counts, World, int]:
    """Play a load, killing the operator at some moments; return the changes and those moments.

    The last phase is some seconds `longer`.
    """
    stops = Stops(set(at), faults or {})
    world = World(workloads=StoppingWorkloads(stops=stops), objects=StoppingObjects(stops=stops))
    world.use(StoppingBrokers(world.clock, stops=stops))
    brokers, begun, changes = world.brokers, world.clock.now, []

    async def timeline() -> None:
        brokers.published = 0
        world.begin(1, 0, **spec)
        for number, load in enumerate(loads, 1):
            brokers.away = {"broker": AWAY} if isinstance(load, Unknown) else {}
            ready = 0 if isinstance(load, Unknown) else load
            if ready > brokers.ready["worker"]:
                brokers.published += ready - brokers.ready["worker"]
            brokers.ready["worker"] = ready
            for _ in range(_PHASE_SECONDS + (longer if number == len(loads) else 0)):
                done = len(world.workloads.done)
                await world.tick(settling=_SETTLING)
                changes.extend((world.clock.now - begun, n) for _, n in world.workloads.done[done:])
                if stops.reached:
                    stops.reached = False
                    await world.restart(**spec)
                elif stops.faults:
                    version = world.objects.stored["worker"]
                    world.put(status=world.objects.status(), version=version, **spec)
        await world.kill()

    virtual_time.run(timeline())
    return changes, world, stops.passed


def agrees(changes: Counts, expected: Counts, late: float) -> bool:
    same = [count for _, count in changes] == [count for _, count in expected]
    delays = (at - before for (at, _), (before, _) in zip(changes, expected, strict=False))
    return same and all(0 <= delay <= late for delay in delays)


loads = st.lists(st.sampled_from([0, 0, 5, 60, 250, AWAY]), min_size=2, max_size=4)
specs = st.builds(
    spec_of,
    st.sampled_from([(2, 45), (1, 1800), (100, 1)]),
    st.sampled_from([(2, 45), (1, 1800), (100, 1)]),
    idle=st.just({"cooldownSeconds": 30}),
    fallback=st.none() | st.just({"replicas": 4, "afterSeconds": 60}),
    minReplicas=st.sampled_from([0, 1, 2]),
)


STAIRS: list[Load] = [250, 60, AWAY, 0, 250]
STAIRS_SPEC = spec_of(
    (2, 45),
    (3, 45),
    idle={"cooldownSeconds": 30},
    fallback={"replicas": 4, "afterSeconds": 60},
    minReplicas=0,
)


@settings(max_examples=8)
@example(spec=STAIRS_SPEC, loads=[60, AWAY], moment=0.7)
@example(spec=STAIRS_SPEC, loads=[5, 0], moment=0.6)
@example(spec=STAIRS_SPEC, loads=[AWAY, 250], moment=0.25)
@given(spec=specs, loads=loads, moment=st.floats(0, 1))
def test_an_operator_that_is_killed_at_any_moment_leaves_the_same_decisions(
    spec: dict, loads: list[Load], moment: float
):
    spec = {field: value for field, value in spec.items() if value is not None}
    expected, _, moments = play(spec, loads)

    # Steps of 2 Pods in 45 s may come at 196 s of 200, and at 207 s after a kill.
    at = [1 + int(moment * (moments - 1))]
    changes, world, _ = play(spec, loads, at, longer=LATE_SECONDS)

    same, later = changes[: len(expected)], changes[len(expected) :]
    assert agrees(same, expected, LATE_SECONDS), (expected, changes)
    assert all(second > len(loads) * _PHASE_SECONDS for second, _ in later), (expected, changes)
    assert world.objects.status().get("originalReplicas") in (None, 1)


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_each_moment_of_a_timeline_leaves_the_same_decisions():
    expected, _, moments = play(STAIRS_SPEC, STAIRS)
    assert moments > 300
    for at in range(1, moments + 1):
        changes, _, _ = play(STAIRS_SPEC, STAIRS, [at])
        assert agrees(changes, expected, LATE_SECONDS), (at, expected, changes)


def assert_no_double_step(changes: Counts) -> None:
    """Each policy of `STEPS` holds for the changes of all operators together."""
    counts = [1, *(count for _, count in changes)]
    for index, (at, _) in enumerate(changes):
        recent = [n for n, (when, _) in enumerate(changes) if at - 45 < when <= at and n <= index]
        start, end = counts[recent[0]], counts[index + 1]
        assert start - 3 <= end <= start + 2, changes


STEPS = spec_of((2, 45), (3, 45), minReplicas=1)
STEPS_LOADS: list[Load] = [250, 60, 250, 5, 250, 60]


@pytest.mark.parametrize("seed", range(3))
def test_an_operator_that_is_killed_thirty_times_makes_no_double_step(seed: int):
    _, _, moments = play(STEPS, STEPS_LOADS)

    changes, world, _ = play(STEPS, STEPS_LOADS, Random(seed).sample(range(1, moments), 30))

    assert_no_double_step(changes)
    assert world.objects.status()["originalReplicas"] == 1


@pytest.mark.parametrize("seed", range(3))
def test_conflicts_pauses_and_lost_answers_of_the_api_server_make_no_double_step(seed: int):
    """The operator is killed now and then as well, and the watch brings the newest version."""
    random = Random(seed)
    faults = [Conflict("changed"), Unavailable("lost"), Unavailable("wait", 5.0), Conflict("no")]
    moments = range(1, 120)
    chosen = {at: random.choice(faults) for at in random.sample(moments, 40)}

    changes, world, _ = play(
        STEPS, STEPS_LOADS, random.sample(sorted(set(moments) - set(chosen)), 8), chosen
    )

    assert len(changes) > 5
    assert_no_double_step(changes)
    assert world.objects.status()["originalReplicas"] == 1
