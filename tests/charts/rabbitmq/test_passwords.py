"""The Job that gives passwords to clients and then to a real broker."""

from urllib.parse import unquote, urlsplit

import amqp
import pytest
import yaml

from tests.charts.rabbitmq.broker import Broker
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.secrets_api import SecretsApi
from tests.vhost import eventually

CHANGED = {"auth": {"revision": 2}}
ODD = "quote\" 'backslash\\ percent% @/:ă" + "x" * 256


def _valid(broker: Broker, *passwords: str, user: str = "services") -> list[str]:
    """Return those of the passwords that the broker accepts."""
    return [each for each in passwords if _connects(broker, user, each)]


def _connects(broker: Broker, user: str, password: str) -> bool:
    address = f"127.0.0.1:{broker.ports.amqp}"
    connection = amqp.Connection(address, userid=user, password=password, connect_timeout=60)
    try:
        connection.connect()
    except amqp.AccessRefused:
        return False
    connection.close()
    return True


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
    assert _valid(broker, ODD, "services-1") == [ODD]


def test_a_former_password_stays_former_when_the_application_of_a_node_restarts(node):
    broker = node()
    broker.start()
    broker.passwords["services-password"] = "changed"
    assert broker.job("connections", CHANGED)[0] == 0

    broker.container.exec("rabbitmqctl", "stop_app")
    broker.container.exec("rabbitmqctl", "start_app")

    assert _valid(broker, "changed", "services-1") == ["changed"]


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
    assert _valid(broker, "second", "third") == ["third"]
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


def test_an_upgrade_gives_the_broker_no_password_that_clients_do_not_have(broker: Broker):
    broker.passwords["services-password"] = "changed"

    code, output = broker.job("finish")

    assert code == 0, output
    assert _valid(broker, "changed", "services-1") == ["services-1"]


def test_a_second_user_takes_over_and_one_of_them_is_valid_at_all_times(broker: Broker):
    """The password of one user has no such order: above, the old one is refused at once."""
    services = yaml.safe_load((CHART / "values.yaml").read_text())["users"]["services"]
    broker.passwords["services-b-password"] = "services-b-1"

    def valid() -> list[str]:
        names = ("services", "services-b")
        return [name for name in names if _valid(broker, f"{name}-1", user=name)]

    assert valid() == ["services"]
    for users, expected in (
        ({"services-b": services}, ["services", "services-b"]),
        ({"services-b": services, "services": None}, ["services-b"]),
    ):
        for task in ("connections", "finish"):
            code, output = broker.job(task, {"users": users})
            assert code == 0, output
        assert valid() == expected
    rights = broker.management.call("GET", "users", "services-b", "permissions")
    assert [(each["configure"], each["write"], each["read"]) for each in rights] == [
        tuple(services["permissions"][each] for each in ("configure", "write", "read"))
    ]


def test_permissions_wait_until_the_job_has_made_their_users(broker: Broker):
    broker.passwords["new-password"] = "new-1"
    users = {"users": {"new": {"permissions": {"configure": "", "write": "", "read": ""}}}}

    finish = broker.prepare_job("finish", users)
    finish.start()
    eventually(lambda: "Waiting for the user new" in finish.log(), seconds=60)
    assert broker.job("connections", users)[0] == 0

    assert finish.wait(90) == 0, finish.log()
    assert broker.management.call("GET", "users", "new", "permissions")
