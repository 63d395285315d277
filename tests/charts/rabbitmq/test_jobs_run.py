"""The Jobs around an upgrade, in a real RabbitMQ beside a real broker."""

import json

from tests.charts.rabbitmq.conftest import Broker
from tests.vhost import eventually

MINE = {"name": "mine", "pattern": "^mine$", "definition": {"max-length": 1}}


def _policies(broker: Broker) -> dict[str, object]:
    found = broker.management.call("GET", "policies")
    return {each["name"]: each["definition"] for each in found}


def test_a_healthy_broker_may_be_upgraded_and_rolled_back(node):
    broker = node()
    broker.start()
    changed = {"logLevel": "debug"}

    code, output = broker.job("preflight", changed)
    assert (code, output.splitlines()[-1].split(":")[0]) == (0, "Ready to be upgraded"), output
    assert broker.job("preflight") == (0, "The nodes stay as they are.\n")
    assert broker.job("rollback", changed) == (0, "No member is removed.\n")

    # Users come with the restart of the nodes, which have no new password yet before the upgrade.
    code, output = broker.job("preflight", {"users": {"new": {}}})
    assert code == 0, output

    code, output = broker.job("preflight", {"clusterDomain": "elsewhere"})
    assert code == 1
    assert "Members of the cluster would be removed: rabbit@shop-rabbitmq-0" in output


def test_new_definitions_reach_a_running_broker_and_the_same_wins_as_at_a_start(node):
    theirs = {"policies": [{**MINE, "name": "theirs", "vhost": "/"}]}
    broker = node(
        {"definitions": {"existingSecret": "more"}}, {"more": {"theirs.json": json.dumps(theirs)}}
    )
    broker.start()
    policies = [MINE, {**MINE, "name": "theirs", "definition": {"max-length": 2}}]

    code, output = broker.job(
        "finish", {"definitions": {"existingSecret": "more", "policies": policies}}
    )

    assert code == 0, output
    eventually(lambda: _policies(broker).get("mine") == {"max-length": 1})
    assert _policies(broker)["theirs"] == {"max-length": 1}
    flags = broker.management.call("GET", "feature-flags")
    assert not [
        it["name"] for it in flags if it["stability"] == "stable" and it["state"] != "enabled"
    ]


def test_a_user_that_leaves_the_values_leaves_the_broker(node):
    broker = node({"users": {"leaver": {}}})
    broker.start()
    broker.container.exec("rabbitmqctl", "--silent", "add_user", "person", "own")

    def users() -> set[str]:
        return {each["name"] for each in broker.management.call("GET", "users")}

    assert {"leaver", "person"} <= users()

    code, output = broker.job("finish")

    assert code == 0, output
    assert "Removed the user leaver" in output
    assert users() == {"admin", "gateway", "operator", "person", "services"}


def test_definitions_that_no_node_accepts_are_reported_at_once(node):
    broker = node()
    broker.start()

    code, output = broker.job(
        "finish", {"definitions": {"policies": [{**MINE, "definition": {"max-length": "many"}}]}}
    )

    assert code == 1
    assert "RabbitMQ rejects the definitions of definitions.json" in output
