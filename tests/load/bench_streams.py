"""Cost of open streams: processor time, memory, time to the first byte, and a slow reader.

    python -m tests.load.bench_streams [--streams 1000 5000] [--seconds 20]

One events process, a private broker, and a jobs service that answers at once. Each stream follows
a job of its own. Measured while nothing happens (heartbeats only) and while 100 jobs a second
change. Then one client reads nothing of a large job that changes all the time.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import amqp
import requests

from local.processor_time import processor_seconds
from mare.processes.tcp_ports import free_port
from mare_gateway.events.server import raise_file_limit
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.load.bench_jobs import percentiles
from tests.load.fake_jobs import LARGE, FakeJobs, job_id
from tests.proc import resident_bytes
from tests.vhost import eventually

OPENED_AT_ONCE = 50
CHANGES_PER_SECOND = 100


class Streams:
    """Open streams of one process of clients."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._gate = asyncio.Semaphore(OPENED_AT_ONCE)
        self._tasks: list[asyncio.Task[None]] = []
        self.first_bytes: list[float] = []
        self.delays: list[float] = []

    async def open(self, count: int) -> None:
        """Open streams of the jobs 0 to `count`; return when each has its first event."""
        opened = [asyncio.Event() for _ in range(count)]
        self._tasks = [
            asyncio.create_task(self._follow(number, opened[number])) for number in range(count)
        ]
        await asyncio.gather(*(each.wait() for each in opened))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, number: int, opened: asyncio.Event) -> None:
        async with self._gate:
            began = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
            writer.write(request_for(number))
            line = b""
            while not line.startswith(b"data: "):
                line = await reader.readline()
                assert line, "the stream was refused"
            self.first_bytes.append(time.perf_counter() - began)
        opened.set()
        while line := await reader.readline():
            if line.startswith(b"data: "):
                self.delays.append(time.time() - json.loads(line[6:])["changed_at"])


def request_for(number: int) -> bytes:
    return f"GET /v1/jobs/{job_id(number)}/events HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


@contextmanager
def events_process(amqp_uri: str, port: int, health: int) -> Iterator["subprocess.Popen[bytes]"]:
    settings = {
        "AMQP_URI": amqp_uri,
        "EVENTS_PORT": str(port),
        "EVENTS_HEALTH_PORT": str(health),
        "EVENTS_MAX_STREAMS": "10000",
        "EVENTS_MAX_STREAMS_PER_ADDRESS": "10000",
        "EVENTS_SEND_SECONDS": "5",
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "mare_gateway.events"], env=os.environ | settings
    )
    try:
        eventually(lambda: responds(f"http://127.0.0.1:{health}/readyz"))
        yield process
    finally:
        process.terminate()
        process.wait(20)


def responds(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def change_jobs(node: Node, numbers: range, seconds: float, rate: float) -> None:
    """Publish `job_changed` of random jobs."""
    with node.connect() as connection:
        channel = connection.channel()
        began = time.monotonic()
        for sent in range(int(seconds * rate)):
            time.sleep(max(0.0, began + sent / rate - time.monotonic()))
            event = {"job_id": job_id(random.choice(numbers)), "client": ""}
            channel.basic_publish(
                amqp.Message(json.dumps(event)), exchange="jobs.events", routing_key="job_changed"
            )


async def measure(count: int, node: Node, port: int, pid: int, seconds: float) -> dict[str, object]:
    before = resident_bytes(pid) / 1e6
    streams = Streams(port)
    await streams.open(count)
    began = processor_seconds(pid)
    await asyncio.sleep(seconds)
    idle = (processor_seconds(pid) - began) / seconds
    began = processor_seconds(pid)
    streams.delays.clear()
    await asyncio.to_thread(change_jobs, node, range(count), seconds, CHANGES_PER_SECOND)
    busy = (processor_seconds(pid) - began) / seconds
    after = resident_bytes(pid) / 1e6
    await asyncio.sleep(1)
    await streams.close()
    return {
        "streams": count,
        "first event, ms (p50, p95)": percentiles(streams.first_bytes),
        "cores, nothing happens": round(idle, 3),
        f"cores, {CHANGES_PER_SECOND} changes/s": round(busy, 3),
        "change to client, ms (p50, p95)": percentiles(streams.delays),
        "events received": len(streams.delays),
        "MB": round(after),
        "kB per stream": round((after - before) * 1000 / count, 1),
    }


async def slow_reader(node: Node, port: int, health: int) -> dict[str, object]:
    """Open a stream of a large job that is not read, beside 50 others."""
    streams = Streams(port)
    await streams.open(50)
    streams.delays.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(request_for(LARGE))
    began = time.monotonic()
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            change_jobs(node, range(50), 0.2, 50)
            change_jobs(node, range(LARGE, LARGE + 1), 0.1, 50)

    changing = asyncio.create_task(asyncio.to_thread(change))
    url = f"http://127.0.0.1:{health}/metrics"
    await asyncio.to_thread(
        lambda: eventually(lambda: 'outcome="too slow"' in requests.get(url, timeout=5).text)
    )
    dropped = time.monotonic() - began
    over.set()
    await changing
    await streams.close()
    writer.close()
    return {
        "slow reader disconnected after, s": round(dropped, 1),
        "others: change to client, ms (p50, p95)": percentiles(streams.delays),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    raise_file_limit()
    program = broker_to_test()
    with Node(program) as node, FakeJobs(node):
        reports = []
        for count in options.streams:
            port, health = free_port(), free_port()
            with events_process(node.amqp_uri, port, health) as process:
                run = measure(count, node, port, process.pid, options.seconds)
                reports.append(asyncio.run(run))
        port, health = free_port(), free_port()
        with events_process(node.amqp_uri, port, health):
            reports.append(asyncio.run(slow_reader(node, port, health)))
    sys.stdout.write(json.dumps(reports, indent=2) + "\n")


if __name__ == "__main__":
    main()
