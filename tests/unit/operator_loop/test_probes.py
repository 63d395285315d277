"""When /livez fails, and which clock it uses."""

import asyncio
import threading
from collections.abc import Iterable
from http import HTTPStatus

import aiohttp
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from mare.probes import find_liveness_failure, served


async def test_a_loop_without_ticks_is_not_alive(world):
    await world.tick()
    world.clock.now += 11
    assert find_liveness_failure(world.loop, world.clock()) == (
        "the loop has not ticked for more than 10 s"
    )


class Collecting(Collector):
    """Collects nothing until another thread lets it, and counts who does so at the same time."""

    def __init__(self) -> None:
        self.continues = threading.Event()
        self.threads: list[threading.Thread] = []
        self.inside = self.most_inside = 0

    def collect(self) -> Iterable[Metric]:
        self.threads.append(threading.current_thread())
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.continues.wait(10)
        self.inside -= 1
        return ()


def test_metrics_are_rendered_beside_the_loop_and_once_at_a_time():
    """With 4,000 objects, one scrape held the loop for 0.4 s."""
    collecting = Collecting()
    collecting.continues.set()
    registry = CollectorRegistry()
    registry.register(collecting)
    collecting.continues.clear()
    collecting.threads.clear()

    async def scrape(session: aiohttp.ClientSession, port: int) -> int:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            return answer.status

    async def play() -> None:
        around = served(
            "127.0.0.1", 0, liveness_failure=lambda: None, ready=lambda: True, registry=registry
        )
        async with around as port, aiohttp.ClientSession() as session:
            scrapes = [asyncio.create_task(scrape(session, port)) for _ in range(3)]
            async with asyncio.timeout(10):
                while not collecting.threads:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            async with session.get(f"http://127.0.0.1:{port}/livez") as answer:
                assert answer.status == HTTPStatus.OK
            collecting.continues.set()
            assert await asyncio.gather(*scrapes) == [HTTPStatus.OK] * 3

    asyncio.run(play())
    assert threading.main_thread() not in collecting.threads
    assert (len(collecting.threads), collecting.most_inside) == (3, 1)


async def test_an_election_stalled(world):
    await world.tick()
    failure = find_liveness_failure(world.loop, world.clock(), election_stalled=True)
    assert "Lease" in (failure or "")


async def test_a_broker_that_never_answers_is_no_reason_to_restart(world):
    """A tenant's broker made the kubelet end the leader after 525 s, and then its successor."""
    world.workloads.have("worker", 1)
    world.brokers.slow = {"broker"}
    world.put()
    await world.ticks(1_000)
    assert find_liveness_failure(world.loop, world.clock()) is None
