"""Secrets are read seldom, and soon when what they say does not let us in."""

import asyncio
import base64

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.secret_cache import SecretCache
from mare.custom_resource.autoscaler import BrokerReference
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, NotFound, Unavailable

ONE, OTHER = (BrokerReference("shop", name, None) for name in ("one", "other"))


def secret(uri: str) -> dict[str, str]:
    return {"amqp-uri": base64.b64encode(uri.encode()).decode()}


class Shelf:
    """Secrets that can be changed, taken away or made unreadable."""

    def __init__(self) -> None:
        self.answer: dict[str, str] | Exception = secret("amqp://mare:first@rabbitmq/")
        self.read_at: list[float] = []
        self.now = 0.0

    async def read(self, namespace: str, name: str) -> dict[str, str]:
        self.read_at.append(self.now)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Stage:
    def __init__(self) -> None:
        self.shelf = Shelf()
        self.refused = False
        self.credentials = SecretCache(
            self.shelf, lambda: self.shelf.now, 30.0, lambda access: self.refused
        )

    def at(self, now: float, reference: BrokerReference = ONE) -> ConnectionParameters | Unknown:
        self.shelf.now = now
        return asyncio.run(self.credentials.of(reference))


def test_a_secret_is_read_every_half_a_minute():
    stage = Stage()
    for second in range(91):
        stage.at(second)

    assert stage.shelf.read_at == [0, 30, 60, 90]


def test_a_password_that_is_refused_is_looked_up_every_two_seconds():
    stage = Stage()
    stage.at(0)
    stage.refused = True
    for second in range(1, 7):
        stage.at(second)

    assert stage.shelf.read_at == [0, 2, 4, 6]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotFound("no"), "SecretNotFound"),
        (AccessRefused("no"), "SecretRefused"),
        (Unavailable("no"), "SecretUnreadable"),
    ],
)
def test_what_cannot_be_read_is_told_and_tried_again_soon(error, reason):
    stage = Stage()
    stage.shelf.answer = error

    assert stage.at(0).reason == reason
    stage.shelf.answer = secret("amqp://mare:second@rabbitmq/")
    assert stage.at(1).reason == reason
    assert isinstance(stage.at(2), ConnectionParameters)


def test_while_the_api_server_is_away_the_last_word_counts():
    stage = Stage()
    first = stage.at(0)
    stage.shelf.answer = Unavailable("no")

    assert stage.at(40) == first


def test_a_secret_that_was_deleted_counts_no_more():
    stage = Stage()
    stage.at(0)
    stage.shelf.answer = NotFound("no")

    assert stage.at(40).reason == "SecretNotFound"


def test_brokers_that_nobody_refers_to_are_forgotten():
    stage = Stage()
    stage.at(0, OTHER)
    stage.shelf.answer = secret("amqp://mare:second@rabbitmq/")
    kept = stage.at(0, ONE)

    assert stage.credentials.keep_only([ONE]) == {ONE: kept}
    stage.at(1, OTHER)
    assert stage.shelf.read_at == [0, 0, 1]
