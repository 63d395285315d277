"""One loop for each shard; an object belongs to the loop of its namespace."""

import asyncio
from collections.abc import Sequence

from mare.custom_resource.autoscaler import Autoscaler, Key
from mare.loop.loop import Loop
from mare.ports import Objects
from mare.sharding.assignment import shard_of
from mare.tenant_scheduler import TenantScheduler


class ShardedLoop:
    def __init__(self, loops: Sequence[Loop]) -> None:
        self.loops = loops
        for loop in loops:
            loop.share = self._share

    def _share(self) -> float:
        """Return the part of the reads per second of each loop that leads and has objects.

        With ten loops of 400 each, a replica that led all read 1,000 queues 4,000 times a second.
        """
        return 1 / max(1, sum(loop.leadership() and loop.has_objects for loop in self.loops))

    def of(self, namespace: str) -> Loop:
        return self.loops[shard_of(namespace, len(self.loops))]

    @property
    def scheduler(self) -> TenantScheduler:
        return self.loops[0].scheduler

    @property
    def objects(self) -> Objects:
        return self.loops[0].objects

    @property
    def autoscalers(self) -> list[Autoscaler]:
        return [each for loop in self.loops for each in loop.autoscalers]

    @property
    def ticked_at(self) -> float:
        """When the loop that is most behind ticked last."""
        return min(loop.ticked_at for loop in self.loops)

    def put(self, autoscaler: Autoscaler) -> None:
        self.of(autoscaler.key.namespace).put(autoscaler)

    def remove(self, key: Key, uid: str) -> None:
        self.of(key.namespace).remove(key, uid)

    async def run(self) -> None:
        """Run all loops until cancelled."""
        async with asyncio.TaskGroup() as group:
            for loop in self.loops:
                group.create_task(loop.run())
