"""Pods of a namespace that end are watched by a few checks at a time, each for its own time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

from mare.cluster.paths import ApiPath
from tests.unit.operator_loop.worlds import checks_begin


class ChangingApi:
    """Has three Pods that do not end until `ends` is set, and counts the open watches."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self.begun: Counter[str] = Counter()
        self.ends = asyncio.Event()

    async def pages(self, *_: object) -> AsyncIterator[dict]:
        ending = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
        pods = [{"metadata": {"uid": str(number), **ending}} for number in range(3)]
        yield {"items": pods, "metadata": {"resourceVersion": "7"}}

    async def changes(self, path: ApiPath, *_: object) -> AsyncIterator[tuple[str, dict]]:
        self.open[path.namespace] += 1
        self.begun[path.namespace] += 1
        try:
            await self.ends.wait()
            for number in range(3):
                yield "DELETED", {"metadata": {"uid": str(number)}}
        finally:
            self.open[path.namespace] -= 1


class ScaledUpApi(ChangingApi):
    """Has Pods that do not end: the workload was scaled up meanwhile."""

    async def pages(self, *_: object) -> AsyncIterator[dict]:
        pods = [{"metadata": {"uid": str(number)}} for number in range(5)]
        yield {"items": pods, "metadata": {"resourceVersion": "7"}}


async def test_a_pod_is_watched_by_a_few_checks_of_its_namespace_at_a_time(world):
    """60 began at once, and each of them decoded each change of a Pod: 1.1 s for one change."""
    api = ChangingApi()
    checks_begin(world, api, "hostile", 40)
    checks_begin(world, api, "shop", 1)
    await asyncio.sleep(1)
    assert api.open == {"hostile": 4, "shop": 1}
    api.ends.set()
    await asyncio.sleep(1)
    assert api.begun == {"hostile": 40, "shop": 1}
    assert not api.open.total()


async def test_a_workload_that_was_scaled_up_is_watched_for_a_few_seconds(world):
    """Four of them kept the places of their namespace for 30 s each: nothing was reported."""
    api = ScaledUpApi()
    checks_begin(world, api, "shop", 8)
    await asyncio.sleep(4)
    assert api.open == {"shop": 4}
    await asyncio.sleep(7)
    assert api.begun == {"shop": 8}
    assert not api.open.total()


async def test_a_check_that_waits_for_its_place_is_watched_as_long(world):
    api = ChangingApi()
    checks_begin(world, api, "shop", 8)
    await asyncio.sleep(31)
    assert api.begun == {"shop": 8}
    await asyncio.sleep(28)
    assert api.open == {"shop": 4}
