"""A Secret is read every 30 s, and sooner while it is missing or its credentials are refused."""

import asyncio

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.secret_cache import SecretCache
from mare.custom_resource.autoscaler import BrokerReference
from mare.domain.unknown import Unknown
from mare.local_run.broker_secrets import encoded
from mare.ports import AccessRefused, NotFound, Unavailable

ONE, OTHER = (BrokerReference("shop", name, None) for name in ("one", "other"))


def secret(uri: str) -> dict[str, str]:
    return encoded({"amqp-uri": uri})


class FakeSecrets:
    """Secrets that can be changed, deleted or made unreadable."""

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
        self.secrets = FakeSecrets()
        self.refused = False
        self.cache = SecretCache(
            self.secrets, lambda: self.secrets.now, 30.0, lambda parameters: self.refused
        )

    def at(self, now: float, reference: BrokerReference = ONE) -> ConnectionParameters | Unknown:
        self.secrets.now = now
        return asyncio.run(self.cache.get(reference))


def test_a_secret_is_read_every_30_s():
    stage = Stage()
    for second in range(91):
        stage.at(second)

    assert stage.secrets.read_at == [0, 30, 60, 90]


def test_the_secret_of_a_refused_password_is_read_soon_and_then_ever_more_seldom():
    stage = Stage()
    stage.at(0)
    stage.refused = True
    for second in range(1, 121):
        stage.at(second)

    assert stage.secrets.read_at == [0, 2, 6, 14, 30, 60, 90, 120]


def test_a_missing_secret_is_read_ever_more_seldom():
    stage = Stage()
    stage.secrets.answer = NotFound("no")
    for second in range(61):
        stage.at(second)

    assert stage.secrets.read_at == [0, 2, 6, 14, 30, 60]


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_refusal_after_a_change_or_an_acceptance_is_followed_by_a_read_after_2_s(is_changed):
    stage = Stage()
    stage.at(0)
    stage.refused = True
    for second in range(1, 15):
        stage.at(second)
    if is_changed:
        stage.secrets.answer = secret("amqp://mare:second@rabbitmq/")
    else:
        stage.refused = False
    stage.at(44)
    stage.refused = True

    stage.at(45)
    stage.at(46)
    assert stage.secrets.read_at[-2:] == [44, 46]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotFound("Secret one does not exist"), "SecretNotFound"),
        (AccessRefused("no"), "SecretRefused"),
        (Unavailable("the API server is away"), "SecretUnreadable"),
    ],
)
def test_an_unreadable_secret_is_unknown_and_read_again_after_2_s(error, reason):
    stage = Stage()
    stage.secrets.answer = error

    assert stage.at(0) == Unknown(reason, str(error))
    stage.secrets.answer = secret("amqp://mare:second@rabbitmq/")
    assert stage.at(1).reason == reason
    assert isinstance(stage.at(2), ConnectionParameters)


def test_while_the_api_server_is_unavailable_the_last_parameters_stay():
    stage = Stage()
    first = stage.at(0)
    stage.secrets.answer = Unavailable("no")

    assert stage.at(40) == first


def test_a_deleted_secret_is_unknown():
    stage = Stage()
    stage.at(0)
    stage.secrets.answer = NotFound("no")

    found = stage.at(40)
    assert (found.reason, found.name) == ("SecretNotFound", "one")


def test_a_secret_with_a_mistake_is_named():
    stage = Stage()
    stage.secrets.answer = secret("http://rabbitmq")

    found = stage.at(0)
    assert (found.reason, found.name) == ("SecretInvalid", "one")
    assert found.cause.startswith("amqp-uri of Secret one must begin with")


def test_secrets_without_a_reference_are_removed():
    stage = Stage()
    stage.at(0, OTHER)
    stage.secrets.answer = secret("amqp://mare:second@rabbitmq/")
    kept = stage.at(0, ONE)

    assert stage.cache.keep_only([ONE]) == {ONE: kept}
    stage.at(1, OTHER)
    assert stage.secrets.read_at == [0, 0, 1]
