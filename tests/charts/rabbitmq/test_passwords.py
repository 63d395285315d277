"""The Job that gives passwords to clients and then to a real broker."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tests.charts.rabbitmq.broker import Broker
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.secrets_api import SecretsApi
from tests.vhost import eventually

CHANGED = {"auth": {"revision": 2}}
ODD = "quote\" 'backslash\\ percent% @/:ă" + "x" * 256


def _connection(api: SecretsApi) -> str:
    uri = api.objects["shop-rabbitmq-services"]["amqp-uri"].decode()
    return unquote(urlsplit(uri).password or "")


def test_clients_and_then_the_broker_get_a_changed_password(
    broker: Broker, secrets_api: SecretsApi
):
    broker.passwords["services-password"] = f"{ODD}\n"

    code, output = broker.job("connections", CHANGED)

    assert code == 0, output
    assert output.splitlines()[-1] == "The broker has the passwords."
    assert ODD not in output
    assert _connection(secrets_api) == ODD
    assert broker.valid_passwords("services", ODD, "services-1") == [ODD]


def test_a_former_password_stays_former_when_the_application_of_a_node_restarts(broker: Broker):
    broker.passwords["services-password"] = "changed"
    assert broker.job("connections", CHANGED)[0] == 0

    broker.container.exec("rabbitmqctl", "stop_app")
    broker.container.exec("rabbitmqctl", "start_app")

    assert broker.valid_passwords("services", "changed", "services-1") == ["changed"]


def test_a_password_that_changes_while_the_job_waits_reaches_clients_and_broker(
    node, secrets_api: SecretsApi
):
    broker = node()
    broker.passwords["services-password"] = "second"
    job = broker.prepare_job("connections", CHANGED)
    job.start()
    eventually(lambda: "Waiting for a node that takes the passwords" in job.log(), seconds=60)
    assert "Most common reasons" not in job.log()
    secrets_api.objects["shop-rabbitmq-credentials"]["services-password"] = b"third"

    broker.start()

    assert job.wait(90) == 0, job.log()
    assert broker.valid_passwords("services", "second", "third") == ["third"]
    assert _connection(secrets_api) == "third"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"carriage return\r\n", "contains a control character"),
        (b"two\nlines", "contains a control character"),
        (b"latin-1 \xe9t\xe9", "is not UTF-8"),
    ],
)
def test_clients_get_no_password_that_a_node_would_refuse(
    node, secrets_api: SecretsApi, password: bytes, reason: str
):
    broker = node()
    job = broker.prepare_job("connections", CHANGED)
    secrets_api.objects["shop-rabbitmq-credentials"]["services-password"] = password
    job.start()

    assert job.wait(60) == 1
    assert job.log() == f"The password of user services {reason}.\n"
    assert not secrets_api.patched


def _succeeds(broker: Broker, task: str, values: dict[str, Any]) -> None:
    code, output = broker.job(task, values)
    assert code == 0, output


@pytest.mark.nightly
def test_a_second_user_takes_over_and_one_of_them_is_valid_at_all_times(broker: Broker):
    """The password of one user has no such order: above, the old one is refused at once.

    Permissions of the second user wait until the other Job has made the user.
    """
    services = yaml.safe_load((CHART / "values.yaml").read_text())["users"]["services"]
    broker.passwords["services-b-password"] = "services-b-1"

    def valid() -> list[str]:
        names = ("services", "services-b")
        return [name for name in names if broker.valid_passwords(name, f"{name}-1")]

    assert valid() == ["services"]
    both = {"users": {"services-b": services}}
    finish = broker.prepare_job("finish", both)
    finish.start()
    eventually(lambda: "Waiting for the user services-b" in finish.log(), seconds=60)
    _succeeds(broker, "connections", both)
    assert finish.wait(90) == 0, finish.log()
    assert valid() == ["services", "services-b"]
    for task in ("connections", "finish"):
        _succeeds(broker, task, {"users": {"services-b": services, "services": None}})
    assert valid() == ["services-b"]
    rights = broker.management.call("GET", "users", "services-b", "permissions")
    assert [(each["configure"], each["write"], each["read"]) for each in rights] == [
        tuple(services["permissions"][each] for each in ("configure", "write", "read"))
    ]
