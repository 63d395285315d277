"""Closed-loop load: a number of clients, each with one connection, each asking again at once."""

import statistics
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from mare_nameko.client import AmqpUri, Options, RpcClient, RpcError
from tests.load.http_clients import response_times
from tests.vhost import eventually

PAYLOAD = {"city": "Recife", "lang": "pt", "limit": 20}


@dataclass(frozen=True, slots=True)
class Measured:
    """One run; times in milliseconds."""

    per_second: float
    p50: float
    p99: float
    failed: int


def generator(url: str, clients: int, seconds: int) -> Measured:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return summary(*response_times(seconds, clients, parts.port or 80, path), seconds)


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
