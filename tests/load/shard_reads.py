"""What the loop does for 10,000 objects, by shards: reads a second, processor time, bursts.

The loop is the real one, in virtual time; brokers, workloads and objects are in memory, so that the
processor time is that of the loop alone: pace, decision, record. Each object has its own queues.
Bursts come for 20 workloads at zero of each shard, one each 0.15 s. Their times to the change of
replicas are in virtual time: without that of requests and of the processor.

    .venv/bin/python -m tests.load.shard_reads --objects 10000 --shards 1 3 10 [--queues 3]
"""

import argparse
import asyncio
import json
import resource
import statistics
import sys
import time

from mare.custom_resource.autoscaler import read_autoscaler
from mare.sharding.assignment import shard_of
from mare.sharding.sharded_loop import ShardedLoop
from mare.tenant_scheduler import TenantScheduler
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.worlds import World, body

_SETTLE_SECONDS = 2
_TICK = 0.05
_BURSTS, _TICKS_BETWEEN, _BURSTS_SECONDS = 20, 3, 6
_MEMORY = 2 * 2**30
"""Bytes: a container with 1 GiB takes 9,800 objects."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--objects", type=int, default=10_000)
    options.add_argument("--namespaces", type=int, default=100)
    options.add_argument("--seconds", type=int, default=2)
    options.add_argument("--shards", type=int, nargs="+", default=[1, 3, 10])
    options.add_argument("--queues", type=int, default=1, help="of each object (1)")
    arguments = options.parse_args()
    for shards in arguments.shards:
        result = virtual_time.run(
            measured(
                arguments.objects,
                arguments.namespaces,
                shards,
                arguments.seconds,
                arguments.queues,
            )
        )
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


async def measured(
    objects: int, namespaces: int, shards: int, seconds: int, queues: int = 1
) -> dict[str, float | list[float]]:
    """Return the figures of each shard, as if each had a process of its own."""

    def names(name: str) -> list[str]:
        return [f"{name}-{number}" for number in range(queues)]

    scheduler = TenantScheduler(_MEMORY)
    parts = [World(leads=False, scheduler=scheduler) for _ in range(shards)]
    loop = ShardedLoop([part.loop for part in parts])
    for number in range(objects):
        name, namespace = f"worker-{number}", f"team-{number % namespaces}"
        part = parts[shard_of(namespace, shards)]
        part.workloads.have(name, 0)
        part.brokers.ready[name] = 0
        part.brokers.queues_of, part.brokers.consumers = names, 0
        selected = [{"name": queue} for queue in names(name)]
        loop.put(read_autoscaler(body(name, namespace=namespace, queues=selected)))
    reads, cores, waits = [], [], []
    for part in parts:
        part.leads = True
        await _play(part, _SETTLE_SECONDS)
        part.brokers.reads.clear()
        begun = time.process_time()
        await _play(part, seconds)
        cores.append(round((time.process_time() - begun) / seconds, 3))
        read = sum(map(len, part.brokers.reads)) * queues
        reads.append(round(read / seconds, 1))
        waits += await _waits_of_bursts(part)
        part.leads = False
    return {
        "objects": objects,
        "queues_of_an_object": queues,
        "shards": shards,
        "reads_per_second": round(sum(reads), 1),
        "reads_per_second_of_a_shard": reads,
        "cores_of_a_shard": cores,
        "burst_to_change_p50": round(statistics.median(waits), 2),
        "burst_to_change_p95": round(statistics.quantiles(waits, n=20)[-1], 2),
        "burst_to_change_longest": round(max(waits), 2),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


async def _play(part: World, seconds: int) -> None:
    for _ in range(round(seconds / _TICK)):
        await _tick(part)


async def _tick(part: World) -> None:
    part.clock.now += _TICK
    part.loop.tick()
    await asyncio.gather(*part.loop._rounds.values())


async def _waits_of_bursts(part: World) -> list[float]:
    """Return the seconds from messages for some workloads to their first replicas."""
    names = list(part.workloads.scales)
    names = names[:: max(1, len(names) // _BURSTS)][:_BURSTS]
    begun: dict[str, float] = {}
    waits: list[float] = []
    for number in range(round(_BURSTS_SECONDS / _TICK)):
        if number % _TICKS_BETWEEN == 0 and names:
            name = names.pop()
            part.brokers.ready[name], begun[name] = 200, part.clock.now
        await _tick(part)
        for name, _ in part.workloads.done:
            if name in begun:
                waits.append(part.clock.now - begun.pop(name))
    assert not begun, f"no replicas for {sorted(begun)}"
    return waits


if __name__ == "__main__":
    main()
