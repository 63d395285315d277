"""Closed-loop load: a number of clients, each with one connection, each asking again at once."""

import re
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from mare_nameko.client import AmqpUri, Options, RpcClient, RpcError
from tests.load.http_clients import response_times
from tests.vhost import eventually

PAYLOAD = {"city": "Recife", "lang": "pt", "limit": 20}

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """One run; times in milliseconds."""

    per_second: float
    p50: float
    p99: float
    failed: int


def generator(url: str, clients: int, seconds: int) -> Measured:
    """Load ``url`` with wrk, which costs the least, or with our own clients where wrk is not."""
    wrk = shutil.which("wrk")
    if wrk is None:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return summary(*response_times(seconds, clients, parts.port or 80, path), seconds)
    command = [wrk, "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", "10s", url]
    return _read(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _read(report: str) -> Measured:
    refused = re.findall(r"Non-2xx or 3xx responses: (\d+)", report)
    broken = re.findall(r"\d+", "".join(re.findall(r"Socket errors: (.*)", report)))
    return Measured(
        per_second=float(_only(r"Requests/sec:\s+([\d.]+)", report)),
        p50=_milliseconds(_only(r"50%\s+([\d.]+\w+)\s+75%", report)),
        p99=_milliseconds(_only(r"99%\s+([\d.]+\w+)", report)),
        failed=sum(map(int, refused + broken)),
    )


def _only(pattern: str, report: str) -> str:
    found = re.search(pattern, report)
    if found is None:
        raise ValueError(f"wrk did not tell {pattern}:\n{report}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]


def raw_client(uri: str, clients: int, seconds: int) -> Measured:
    """Load the service with threads that share one client, without HTTP."""
    client = RpcClient(Options(amqp_uri=AmqpUri(uri)))
    client.start()
    eventually(lambda: client.ready)
    took: list[float] = []
    failures: list[RpcError] = []
    end = time.perf_counter() + seconds

    def call_repeatedly() -> None:
        while (started := time.perf_counter()) < end:
            try:
                client.call("weather.search", PAYLOAD, timeout=10)
            except RpcError as error:
                failures.append(error)
            took.append(time.perf_counter() - started)

    threads = [threading.Thread(target=call_repeatedly) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    return summary(took, len(failures), seconds)


def summary(took: list[float], failed: int, seconds: int) -> Measured:
    """Return what times in seconds amount to."""
    cuts = statistics.quantiles(took, n=100)
    return Measured(len(took) / seconds, cuts[49] * 1000, cuts[98] * 1000, failed)
