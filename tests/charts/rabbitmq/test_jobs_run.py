"""The Jobs around an upgrade, in a real RabbitMQ beside a real broker."""

from tests.charts.rabbitmq.broker import MINE, Broker
from tests.vhost import eventually


def _policies(broker: Broker) -> dict[str, object]:
    found = broker.management.call("GET", "policies")
    return {each["name"]: each["definition"] for each in found}


def test_a_healthy_broker_may_be_upgraded_and_rolled_back(broker: Broker):
    changed = {"logLevel": "debug"}

    code, output = broker.job("preflight", changed)
    assert (code, output.splitlines()[-1].split(":")[0]) == (0, "Ready to be upgraded"), output
    assert broker.job("rollback", changed) == (0, "No member is removed.\n")

    code, output = broker.job("preflight", {"clusterDomain": "elsewhere"})
    assert code == 1
    assert "Members of the cluster would be removed: rabbit@shop-rabbitmq-0" in output


def test_new_definitions_reach_a_running_broker_and_the_same_wins_as_at_a_start(
    broker: Broker,
):
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


def test_a_user_that_leaves_the_values_leaves_the_broker(broker: Broker):
    broker.container.exec("rabbitmqctl", "--silent", "add_user", "person", "own")

    def users() -> set[str]:
        return {each["name"] for each in broker.management.call("GET", "users")}

    assert {"leaver", "person"} <= users()

    code, output = broker.job("finish")

    assert code == 0, output
    assert "Removed the user leaver" in output
    assert users() == {"admin", "gateway", "me", "operator", "person", "services"}


def test_definitions_that_no_node_accepts_are_reported_at_once(broker: Broker):
    code, output = broker.job(
        "finish", {"definitions": {"policies": [{**MINE, "definition": {"max-length": "many"}}]}}
    )

    assert code == 1
    assert "RabbitMQ rejects the definitions of definitions.json" in output
