"""What the Job before an upgrade accepts and refuses with `upgrade.preflight=false`."""

import pytest

from tests.charts.rabbitmq.nodes import ONE, THREE, Node, RunJob

UNCHECKED = {"logLevel": "debug", "upgrade": {"preflight": False}}
REPAIR, TO_ONE = THREE | UNCHECKED, ONE | UNCHECKED
INTER_NODE = {"tls": {"enabled": True, "existingSecret": "mine", "interNode": True}}


@pytest.mark.parametrize(
    ("running", "upgrade"),
    [
        ([], REPAIR),
        ([Node(), Node()], REPAIR),
        ([Node(cookie="FORMER")] * 3, REPAIR),
        ([Node(fails=["check_local_alarms"], critical=["queue work in /"])] * 3, REPAIR),
        ([Node(silent=["server_version"])] * 3, REPAIR),
        ([Node(version="4.1.8", silent=["list_feature_flags"])] * 3, REPAIR),
        ([Node(version="4.3.5")] * 3, REPAIR),
        ([Node()] * 3, TO_ONE),
    ],
)
def test_an_upgrade_that_is_to_repair_a_broker_is_accepted(run: RunJob, running, upgrade):
    code, line = run("preflight", running, before=THREE, upgrade=upgrade, members=3)

    assert (code, line.startswith("Ready to be upgraded: ")) == (0, True), line


@pytest.mark.parametrize(
    ("node", "version", "message"),
    [
        (Node(version="4.1.8"), "4.3.5", "go to 4.2 first"),
        (
            Node(version="4.2.9", flags={"khepri_db": "disabled stable"}),
            "4.3.5",
            "without these feature flags",
        ),
    ],
)
def test_what_no_upgrade_repairs_is_refused_in_a_repair_too(run: RunJob, node, version, message):
    """One node runs, which is enough to know it."""
    values = {"before": THREE, "upgrade": REPAIR, "members": 3}

    code, line = run("preflight", [node], version=version, **values)

    assert (code, message in line) == (1, True), line


def test_another_connection_between_nodes_is_refused_in_a_repair_too(run: RunJob):
    upgrade = REPAIR | INTER_NODE

    code, line = run("preflight", [], before=THREE, upgrade=upgrade, members=3)

    assert (code, "set replicas to 0" in line) == (1, True)


@pytest.mark.parametrize("lost", ["credentials", "files"])
def test_a_broker_that_cannot_be_checked_can_be_repaired(run: RunJob, lost: str):
    assert run("preflight", [Node()], upgrade=TO_ONE, lost=[lost])[0] == 0
