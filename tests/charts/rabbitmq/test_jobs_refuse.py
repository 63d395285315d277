"""What the Jobs around an upgrade and before a rollback refuse, and what they must not."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.nodes import Node, Nodes

NAMES = [f"rabbit@shop-rabbitmq-{n}.shop-rabbitmq-nodes.market.svc.cluster.local" for n in range(3)]
NEEDED = (
    *("rabbitmq_4.0.0", "rabbitmq_4.1.0", "rabbitmq_4.2.0", "khepri_db"),
    *("quorum_queue_non_voters", "message_containers_deaths_v2"),
)
ENABLED = dict.fromkeys(NEEDED, "enabled\tstable")
ONE, THREE = {"replicas": 1}, {"replicas": 3}
Values = Mapping[str, Any]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(helm: Helm, tmp_path: Path) -> Run:
    """Run a Job of an upgrade of these running nodes; all members run unless others are named."""

    def run(
        task: str,
        running: list[Node],
        *,
        before: Values | None = ONE,
        upgrade: Values = ONE | {"logLevel": "debug"},
        version: str = "4.2.4",
        members: int = 0,
    ) -> tuple[int, str]:
        nodes = Nodes(
            tmp_path,
            NAMES[: members or len(running)],
            dict(zip(NAMES, running, strict=False)),
        )
        old = None if before is None else helm.template(CHART, before)
        return nodes.run(task, old, helm.template(CHART, upgrade), version)

    return run


@pytest.mark.parametrize(
    ("node", "version", "said"),
    [
        (
            Node("4.1.2"),
            "4.3.6",
            "knows no way from 4.1.2 to 4.3.6. Upgrade to one of these first: 4.2",
        ),
        (
            Node("4.2.4", ENABLED | {"khepri_db": "disabled\tstable"}),
            "4.3.6",
            "feature flag khepri_db",
        ),
        (Node("4.1.2", {"new": "disabled\tstable"}), "4.2.4", "Feature flags are off"),
        (Node(fails=["check_local_alarms"]), "4.2.4", "has an alarm"),
    ],
)
def test_an_upgrade_that_could_not_end_well_does_not_begin(run: Run, node, version, said):
    code, line = run("preflight", [node], version=version)

    assert code == 1
    assert said in line


@pytest.mark.parametrize(
    ("node", "version"),
    [
        (Node("4.2.4", ENABLED), "4.3.6"),
        (Node("3.13.7"), "4.2.4"),
        # Whoever keeps the way back open may still change a limit.
        (Node("4.2.4", {"new": "disabled\tstable"}), "4.2.9"),
        # The way back is known to the node alone.
        (Node("4.2.4"), "4.1.2"),
    ],
)
def test_a_step_that_rabbitmq_knows_may_begin(run: Run, node, version):
    code, line = run("preflight", [node], version=version)

    assert (code, line) == (0, f"Ready to be upgraded: {NAMES[0]}")


def test_each_node_is_asked_for_its_version(run: Run):
    nodes = [Node("4.2.4", ENABLED), Node("4.2.4", ENABLED), Node("4.1.2", ENABLED)]

    code, line = run(
        "preflight", nodes, before=THREE, upgrade=THREE | {"logLevel": "debug"}, version="4.3.6"
    )

    assert (code, "no way from 4.1.2" in line) == (1, True)


# While a node is away, others are critical, which is not what there is to do about it.
@pytest.mark.parametrize(
    "running", [[], [Node(fails=["check_if_node_is_quorum_critical"]), Node()]]
)
def test_an_upgrade_of_a_broken_broker_is_refused_and_its_rollback_is_not(
    run: Run, tmp_path, running
):
    values = {"before": THREE, "upgrade": THREE | {"logLevel": "debug"}, "members": 3}

    code, line = run("preflight", running, **values)

    assert code == 1
    assert "by helm rollback" in line


@pytest.mark.parametrize(
    ("running", "said"),
    [
        ([], "No node answers."),
        ([Node(), Node()], "No member is taken away."),
        (
            [Node(fails=["check_local_alarms", "check_if_node_is_quorum_critical"])],
            "No member is taken away.",
        ),
    ],
)
def test_a_rollback_may_mend_what_is_broken(run: Run, running, said):
    assert run("rollback", running, before=THREE, upgrade=THREE, members=3) == (0, said)


def test_a_rollback_that_would_take_members_away_is_refused(run: Run):
    code, line = run("rollback", [Node()] * 3, before=THREE, upgrade=ONE)

    assert code == 1
    assert line.startswith(f"Members of the cluster would be taken away: {NAMES[1]} {NAMES[2]}")


def test_a_rollback_of_nodes_that_never_came_takes_none_away(run: Run):
    assert run("rollback", [Node()], before=THREE, upgrade=ONE)[0] == 0


def test_what_leaves_the_nodes_as_they_are_asks_them_nothing(run: Run):
    upgrade = {"definitions": {"exchanges": [{"name": "a", "type": "topic"}]}}

    assert run("preflight", [], upgrade=upgrade) == (0, "The nodes stay as they are.")


def test_a_first_installation_by_argo_has_no_broker_to_ask(run: Run):
    assert run("preflight", [], before=None) == (0, "There is no broker yet.")


@pytest.mark.parametrize(("before", "upgrade"), [(3, 0), (0, 3)])
def test_nodes_may_rest_and_come_back(run: Run, before: int, upgrade: int):
    nodes = [Node()] * before

    assert (
        run("preflight", nodes, before={"replicas": before}, upgrade={"replicas": upgrade})[0] == 0
    )


def test_a_node_that_restarts_while_it_is_told_its_definitions_is_awaited(run: Run):
    code, line = run("finish", [Node(fails=["import_definitions"])])

    assert (code, line) == (0, "All nodes run 4.2.4.")
