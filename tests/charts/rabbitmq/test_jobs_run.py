"""The Jobs around an upgrade, in a real RabbitMQ beside a real broker."""

from dataclasses import dataclass

import pytest

from tests.charts.rabbitmq.broker import MINE, Broker, SharedBroker
from tests.charts.rabbitmq.secrets_api import SecretsApi
from tests.vhost import eventually


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A broker after the Job that ends an upgrade."""

    output: str
    policies: dict[str, object]
    users: set[str]
    disabled_flags: list[str]
    passwords_of_services: list[str]
    """Those that are valid."""


@pytest.fixture(scope="module")
def upgraded(shared_broker: SharedBroker, shared_secrets_api: SecretsApi) -> Upgraded:
    """Without the user leaver, with two more policies, and with a password that no client has."""
    broker = shared_broker.restore()
    broker.container.exec("rabbitmqctl", "--silent", "add_user", "person", "own")
    broker.passwords["services-password"] = "changed"
    policies = [MINE, {**MINE, "name": "theirs", "definition": {"max-length": 2}}]

    code, output = broker.job(
        "finish", {"definitions": {"existingSecret": "more", "policies": policies}}
    )

    assert code == 0, output
    eventually(lambda: "mine" in _policies(broker))
    flags = broker.management.call("GET", "feature-flags")
    return Upgraded(
        output,
        _policies(broker),
        {each["name"] for each in broker.management.call("GET", "users")},
        [it["name"] for it in flags if it["stability"] == "stable" and it["state"] != "enabled"],
        broker.valid_passwords("services", "changed", "services-1"),
    )


def _policies(broker: Broker) -> dict[str, object]:
    found = broker.management.call("GET", "policies")
    return {each["name"]: each["definition"] for each in found}


def test_a_broker_lists_its_feature_flags_as_the_check_before_an_upgrade_reads_them(broker: Broker):
    command = ("rabbitmqctl", "--silent", "list_feature_flags", "name", "state", "stability")

    lines = [line.split("\t") for line in broker.container.exec(*command).splitlines()]

    assert ["rabbitmq_4.0.0", "enabled", "stable"] in lines
    assert {stability for _, _, stability in lines} >= {"stable", "required", "experimental"}


def test_a_healthy_broker_may_be_upgraded_and_rolled_back(broker: Broker):
    changed = {"logLevel": "debug"}

    code, output = broker.job("preflight", changed)
    assert (code, output.splitlines()[-1].split(":")[0]) == (0, "Ready to be upgraded"), output
    assert broker.job("rollback", changed) == (0, "No member is removed.\n")


def test_new_definitions_reach_a_running_broker_and_the_same_wins_as_at_a_start(
    upgraded: Upgraded,
):
    assert upgraded.policies["mine"] == {"max-length": 1}
    assert upgraded.policies["theirs"] == {"max-length": 1}
    assert not upgraded.disabled_flags


def test_a_user_that_leaves_the_values_leaves_the_broker(upgraded: Upgraded):
    assert "Removed the user leaver" in upgraded.output
    assert upgraded.users == {"admin", "gateway", "me", "operator", "person", "services"}


def test_an_upgrade_gives_the_broker_no_password_that_clients_do_not_have(upgraded: Upgraded):
    assert upgraded.passwords_of_services == ["services-1"]


def test_definitions_that_no_node_accepts_are_reported_at_once(broker: Broker):
    code, output = broker.job(
        "finish", {"definitions": {"policies": [{**MINE, "definition": {"max-length": "many"}}]}}
    )

    assert code == 1
    assert "RabbitMQ rejects the definitions of definitions.json" in output
