"""Whatever faults the watch of workloads has, no scale-down is wrong and no step is made twice.

The API server ends lists and watches with 410, 409, 429 and 403, sends old objects, refuses changes
and loses answers; the operator is killed now and then.
"""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.ports import Conflict, Unavailable
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.test_restart_anywhere import assert_no_double_step, spec_of
from tests.unit.operator_loop.test_watch_faults import Change, FaultyApi, deployment
from tests.unit.operator_loop.worlds import World

COOLDOWN_SECONDS = 30
STEPS = spec_of((2, 45), (3, 45), minReplicas=0, idle={"cooldownSeconds": COOLDOWN_SECONDS})
PHASES = ((250, 300), (60, 300), (250, 150), (5, 300), (0, 600))
"""Ready messages, of which a replica has 10, and for how many seconds."""


class FaultyDeployment(FaultyApi):
    """Has a Deployment, whose counts the operator changes."""

    def __init__(self, random: Random, clock: Any) -> None:
        super().__init__(random, self._version)
        self._clock, self._begun = clock, clock.now
        self.counts = [1, 1]
        """The count of each version, from 1 on."""
        self.done: list[tuple[float, int]] = []

    def _version(self, version: int) -> Change:
        kind, item = deployment(version)
        item["spec"]["replicas"] = count = self.counts[version]
        return kind, {**item, "status": {"replicas": count, "readyReplicas": count}}

    async def pages(
        self, path: ApiPath, *selectors: object, accept: str = ""
    ) -> AsyncIterator[dict[str, Any]]:
        if "/pods" in path.text:
            raise Unavailable("no Pods")
        async for page in super().pages(path, accept=accept):
            yield page

    async def request(
        self, method: str, path: ApiPath, body: Any = None, *_: object, **__: object
    ) -> dict:
        if not path.text.endswith("/scale"):
            return await super().request(method, path)
        fault = self._random.random()
        if fault < 0.15:
            self._fail(Unavailable("too many requests", 2.0), Conflict("changed"))
        if method == "PATCH":
            if body["metadata"]["resourceVersion"] != str(self.version):
                raise Conflict("the object has been modified")
            count = body["spec"]["replicas"]
            self.counts.append(count)
            self.version += 1
            self.done.append((self._clock.now - self._begun, count))
            if fault > 0.85:
                raise Unavailable("the answer is lost")
        metadata = {"resourceVersion": str(self.version)}
        return {"metadata": metadata, "spec": {"replicas": self.counts[-1]}}


def play(seed: int) -> tuple[list[tuple[float, int]], FaultyApi, int]:
    """Play the phases; return the changes, the API server and how often the operator was killed."""
    random, world, kills = Random(seed), World(), 0
    api = FaultyDeployment(random, world.clock)

    def use_workloads() -> None:
        world.workloads = WatchedWorkloads(api, cluster_wide=True)  # type: ignore[assignment]

    async def timeline() -> None:
        nonlocal kills
        use_workloads()
        world.use(world.brokers)
        world.put(**STEPS)
        for ready, seconds in PHASES:
            world.brokers.ready["worker"] = ready
            for _ in range(seconds):
                await world.tick(settling=25)
                await asyncio.sleep(1)
                if random.random() < 0.01:
                    kills += 1
                    use_workloads()
                    await world.restart(**STEPS)
        await world.kill()

    virtual_time.run(timeline())
    return api.done, api, kills


def assert_decisions_are_right(seed: int) -> None:
    changes, api, kills = play(seed)
    assert {"Expired", "Conflict", "Unavailable"} <= set(api.faults)
    assert kills
    assert_no_double_step(changes)
    before, ends = 1, []
    for _, seconds in PHASES:
        ends.append((ends[-1] if ends else 0) + seconds)
    for at, count in changes:
        ready, _ = next(phase for phase, end in zip(PHASES, ends, strict=True) if at <= end)
        needed = -(-ready // 10)
        assert count >= min(before, needed), (at, before, count)
        assert count <= max(before, needed), (at, before, count)
        before = count
    assert max(count for _, count in changes) > 6
    assert changes[-1][1] == 0
    assert changes[-1][0] >= ends[-2] + COOLDOWN_SECONDS


@pytest.mark.parametrize("seed", [5, 9])
def test_faults_of_watches_cause_no_wrong_decision(seed: int):
    """The cooldown began before a gap in which the workload was unknown and had messages."""
    assert_decisions_are_right(seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [*range(5), *range(6, 9), *range(10, 60)])
def test_faults_of_watches_cause_no_wrong_decision_with_other_seeds(seed: int):
    assert_decisions_are_right(seed)
