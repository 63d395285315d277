import pytest

from mare_services.contract.callback_urls import UrlRules
from mare_services.webhooks.delivery import CallbackDelivery
from mare_services.webhooks.domain.destinations import Destinations
from mare_services.webhooks.domain.schedule import Schedule
from mare_services.webhooks.sending import Sender, Signer
from tests.fakes.clock import Clock
from tests.unit.webhooks.deliveries import NOW, SECRET, Queues, Receiver, Subscriptions


@pytest.fixture
def subscriptions():
    return Subscriptions()


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def queues():
    return Queues()


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def make_delivery(receiver, clock):
    def make(*, concurrency=4, rules=UrlRules()):  # noqa: B008
        return CallbackDelivery(
            sender=Sender(transport=receiver, signer=Signer([SECRET]), clock=clock),
            attempt_seconds=15,
            rules=rules,
            schedule=Schedule((5, 30)),
            destinations=Destinations(concurrency=concurrency, rate=100, workers=4),
            clock=clock,
            monotonic=clock,
            draw=lambda: 0.5,
        )

    return make


@pytest.fixture
def delivery(make_delivery):
    return make_delivery()
