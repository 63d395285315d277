"""A replica of webhooks stays small, however many jobs, hosts and URLs it has seen."""

import base64
import gc
import tracemalloc

import pytest

from mare_services.contract.callback_urls import LONGEST_URL, UrlRules
from mare_services.contract.callbacks import CallbackDue, CallbackType
from mare_services.webhooks import delivery as delivery_module
from mare_services.webhooks.domain import destinations as destinations_module
from mare_services.webhooks.ports import Answer, SendingFailed
from mare_services.webhooks.sending import Sender, Signer

BOUND = 200
SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"


class Receivers:
    """A third of them takes callbacks, a third has gone, and a third never answers."""

    def __init__(self):
        self.requests = 0

    def post(self, *_):
        self.requests += 1
        if self.requests % 3 == 0:
            raise SendingFailed("No answer in time.")
        return Answer(status=(204, 410)[self.requests % 3 - 1])


class Queues:
    def park(self, *_): ...

    dead_letter = report = park


@pytest.fixture
def delivery(monkeypatch):
    monkeypatch.setattr(delivery_module, "REMEMBERED", BOUND)
    monkeypatch.setattr(destinations_module, "REMEMBERED", BOUND)
    return delivery_module.CallbackDelivery(
        sender=Sender(transport=Receivers(), signer=Signer([SECRET])),
        attempt_seconds=15,
        rules=UrlRules(),
        schedule=delivery_module.Schedule((5, 30)),
        destinations=destinations_module.Destinations(concurrency=4, rate=100, workers=4),
    )


def deliver(delivery, first, last):
    """Deliver callbacks of as many jobs, each to a long URL on a host of its own."""
    for number in range(first, last):
        url = f"https://host-{number}.example.com/{number}/"
        due = CallbackDue(
            webhook_id=f"msg_{number}_1_complete",
            job_id=str(number),
            type=CallbackType.COMPLETE,
            url=url.ljust(LONGEST_URL, "x"),
            payload={},
            first=True,
        )
        delivery.handle(delivery_module.Received(due=due), Queues(), None)
    gc.collect()


@pytest.fixture
def traced():
    tracemalloc.start()
    yield tracemalloc.get_traced_memory
    tracemalloc.stop()


def test_memory_does_not_grow_with_jobs_hosts_and_urls(delivery, traced):
    deliver(delivery, 0, 2 * BOUND)
    before, _ = traced()
    deliver(delivery, 2 * BOUND, 12 * BOUND)
    after, _ = traced()

    assert delivery.sender.transport.requests == 12 * BOUND
    assert (after - before) / (10 * BOUND) < 100, (
        "bytes for each callback; 690 if nothing is forgotten"
    )


def test_what_is_remembered_of_a_callback_is_small(delivery, traced):
    deliver(delivery, 0, 10)
    before, _ = traced()
    deliver(delivery, 10, BOUND)
    after, _ = traced()

    assert (after - before) / (BOUND - 10) < 2_000
