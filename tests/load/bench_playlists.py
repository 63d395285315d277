"""How long a person waits for a playlist, through gateway, broker and services.

    python -m tests.load.bench_playlists

One client sends one request at a time over one connection: each for another place, then all for the
same. Ends with 1 if the median of the latter is above 10 ms.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.system import running_system

QUESTIONS = 500
MOST_MILLISECONDS = 10.0


def milliseconds(
    session: requests.Session, url: str, questions: Iterator[dict[str, object]]
) -> list[float]:
    """Return the time that each question took."""
    times = []
    for question in questions:
        started = time.perf_counter()
        session.get(url, params=question, timeout=10).raise_for_status()
        times.append((time.perf_counter() - started) * 1_000)
    return times


def uncached() -> Iterator[dict[str, object]]:
    for number in range(QUESTIONS):
        yield {"lat": number / 10 - 25, "lon": number / 5}


def repeated() -> Iterator[dict[str, object]]:
    yield from ({"city": "Recife"} for _ in range(QUESTIONS))


def summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "p99": round(cuts[98], 2)}


def print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    with (
        Node(broker_to_test()) as node,
        tempfile.TemporaryDirectory() as folder,
        running_system(node.amqp_uri, Path(folder)) as system,
        requests.Session() as session,
    ):
        url = f"{system.url}/v1/playlists"
        new = summary(milliseconds(session, url, uncached()))
        cached = summary(milliseconds(session, url, repeated()))
    print_line(f"{'milliseconds':<14}{'p50':>8}{'p95':>8}{'p99':>8}")
    for name, row in (("uncached", new), ("repeated", cached)):
        print_line(f"{name:<14}" + "".join(f"{row[key]:>8.2f}" for key in ("p50", "p95", "p99")))
    print_line(json.dumps({"uncached": new, "repeated": cached}))
    return int(cached["p50"] > MOST_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
