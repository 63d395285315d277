"""The outages of a scenario, on a cluster: the broker stands still (SIGSTOP) and goes on."""

import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from mare.simulation.scenario import Outage
from tests.e2e.application import Application
from tests.load.chaos.processes import resume, send
from tests.vhost import becomes

_BROKER = "rabbitmq-0"


@contextmanager
def outages(shop: Application, publisher: str, of: Sequence[Outage]) -> Iterator[None]:
    """Cause them in the ``with`` block, in which the Job of this name begins to publish."""
    with ThreadPoolExecutor(1) as pool:
        caused = pool.submit(_cause, shop, publisher, of)
        yield
        caused.result()


def _cause(shop: Application, publisher: str, of: Sequence[Outage]) -> None:
    if not of:
        return
    becomes(lambda: _phases(shop, publisher), ["Running"], 120)
    began = time.monotonic()
    for each in of:
        time.sleep(max(0.0, began + each.start - time.monotonic()))
        try:
            send(shop, _BROKER, signal.SIGSTOP)
            time.sleep(each.seconds)
        finally:
            resume(shop, _BROKER)


def _phases(shop: Application, job: str) -> list[str]:
    pods = shop.read("api/v1", f"pods?labelSelector=job-name={job}")["items"]
    return [each["status"]["phase"] for each in pods]
