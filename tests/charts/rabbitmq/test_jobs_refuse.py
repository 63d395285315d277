"""What the Jobs before and after an upgrade or a rollback refuse, and what they accept."""

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.nodes import NAMES, ONE, THREE, Node, RunJob, Values

INTER_NODE = THREE | {"tls": {"enabled": True, "existingSecret": "mine", "interNode": True}}
OF_QUEUES = "rabbitmq-queues quorum_status QUEUE --vhost VHOST"
OF_STREAMS = (
    "rabbitmq-streams stream_status STREAM --vhost VHOST, and if one is lost "
    "rabbitmq-streams add_replica STREAM NODE --vhost VHOST"
)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (Node(fails=["check_local_alarms"]), "has an alarm"),
        (
            Node(critical=["queue work in /"]),
            f"its majority: queue work in /. Wait until all its members are online: {OF_QUEUES}",
        ),
        (Node(critical=["stream log in /"]), f"members are online: {OF_STREAMS}"),
        (Node(critical=["queue a in b", "stream c in d"]), f"online: {OF_QUEUES};{OF_STREAMS}"),
        (
            Node(critical=["process rabbitmq_metadata"]),
            "online: rabbitmq-diagnostics metadata",
        ),
        (Node(silent=["list_running"]), "does not run"),
        (Node(silent=["server_version"]), "does not say its version"),
        (Node(version="4.1.8", silent=["list_feature_flags"]), "does not say which feature"),
    ],
)
def test_an_upgrade_that_would_fail_is_refused(run: RunJob, node, message):
    changed = THREE | {"logLevel": "debug"}

    code, line = run("preflight", [node, node, node], before=THREE, upgrade=changed)

    assert code == 1
    assert message in line


TO_4_2, TO_3_13 = "of {}: go to 4.2 first.", "of {}: go to 3.13 first."
READY = f"Ready to be upgraded: {NAMES[0]}"
OLDER, UNKNOWN = "is older than {}", "does not know whether RabbitMQ"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4.1.8", "4.3.5", TO_4_2),
        ("4.0.5", "4.3.5", TO_4_2),
        ("3.12.14", "4.0.5", TO_3_13),
        ("4.2.9", "4.3.5", READY),
        ("4.0.5", "4.2.4", READY),
        ("4.1.8", "4.2.4", READY),
        ("4.0.5", "4.1.8", READY),
        ("3.13.7", "4.2.4", READY),
        ("4.2.9", "4.2.4", READY),
        ("4.2.4", "4.1.8", OLDER),
        ("4.10.0", "4.3.5", OLDER),
        ("4.3.5", "4.4.0", UNKNOWN),
        ("4.3.5", "5.0.1", UNKNOWN),
        ("4.9.1", "4.10.0", UNKNOWN),
    ],
)
def test_a_version_that_cannot_read_the_data_is_refused(run: RunJob, old, new, message):
    code, line = run("preflight", [Node(version=old)], version=new)

    assert (code, message.format(old) in line) == (int(message != READY), True), line


DISABLED = {
    "khepri_db": "disabled stable",
    "rabbitmq_4.2.0": "enabled stable",
    "b": "disabled stable",
}
EXPERIMENTAL = {"a": "disabled experimental", "b": "unavailable stable", "c": "enabled stable"}


@pytest.mark.parametrize(("old", "new"), [("4.2.9", "4.3.5"), ("3.13.7", "4.0.5")])
def test_a_minor_version_needs_the_stable_feature_flags_of_the_one_before(run: RunJob, old, new):
    code, line = run("preflight", [Node(version=old, flags=DISABLED)], version=new)

    assert code == 1
    assert f"on the data of {old} without these feature flags: khepri_db b. Enable" in line
    assert line.endswith("rabbitmqctl enable_feature_flag all")


@pytest.mark.parametrize(
    ("version", "flags"), [("4.1.8", EXPERIMENTAL), ("4.2.4", DISABLED)], ids=["minor", "patch"]
)
def test_other_feature_flags_and_patches_stop_no_upgrade(run: RunJob, version, flags):
    assert run("preflight", [Node(version=version, flags=flags)], version="4.2.9") == (0, READY)


@pytest.mark.parametrize("members", [1, 3])
def test_a_cookie_that_the_nodes_do_not_have_is_named(run: RunJob, members: int):
    values = {"replicas": members}
    nodes = [Node(cookie="FORMER")] * members

    code, line = run("preflight", nodes, before=values, upgrade=values | {"logLevel": "debug"})

    assert code == 1
    assert f"The node {NAMES[0]} runs with another Erlang cookie than that of the Secret" in line
    assert 'section "Another Erlang cookie" of docs/rabbitmq.md' in line


def test_a_healthy_member_with_the_former_cookie_is_not_called_lost(run: RunJob):
    """The first node has restarted with the new cookie and reaches no other."""
    nodes = [Node(reaches=1), Node(cookie="FORMER"), Node(cookie="FORMER")]

    code, line = run("preflight", nodes, before=THREE, upgrade=THREE | {"logLevel": "debug"})

    assert code == 1
    assert f"The node {NAMES[1]} runs with another Erlang cookie" in line


def test_a_member_that_does_not_run_is_not_called_lost(run: RunJob):
    values = {"before": THREE, "upgrade": THREE | {"logLevel": "debug"}, "members": 3}

    code, line = run("preflight", [Node(), Node()], **values)

    assert (code, "forget_cluster_node" in line) == (1, False)
    assert 'Only if its volume is lost, see the section "The volume is lost, too"' in line


def test_an_upgrade_of_a_healthy_broker_is_accepted(run: RunJob):
    assert run("preflight", [Node()]) == (0, f"Ready to be upgraded: {NAMES[0]}")


def test_queues_of_fewer_than_three_members_are_named_and_stop_no_upgrade(run: RunJob):
    node = Node(few=["stream log in /", "queue a in b", "[ok,ok]"])

    code, line = run("preflight", [node] * 3, before=THREE, upgrade=THREE | {"logLevel": "debug"})

    assert code == 0
    assert line.startswith("2 of the queues and streams have fewer than three members")
    assert "restarts: stream log in /;queue a in b. To add" in line
    assert "rabbitmq-streams add_replica STREAM NODE --vhost VHOST" in line


@pytest.mark.parametrize(("node", "members"), [(Node(few=["stream log in /"]), 1), (Node(), 3)])
def test_of_one_node_and_of_whole_queues_nothing_is_named(run: RunJob, node: Node, members: int):
    values = {"replicas": members}
    nodes = [node] * members

    code, line = run("preflight", nodes, before=values, upgrade=values | {"logLevel": "debug"})

    assert (code, line) == (0, f"Ready to be upgraded: {' '.join(NAMES[:members])}")


# While a node is down, others are critical. The cause is reported, not the consequence.
@pytest.mark.parametrize("running", [[], [Node(critical=["queue work in /"]), Node()]])
def test_an_upgrade_of_a_broken_broker_is_refused(run: RunJob, running):
    values = {"before": THREE, "upgrade": THREE | {"logLevel": "debug"}, "members": 3}

    code, line = run("preflight", running, **values)

    assert code == 1
    assert "by helm rollback" in line


@pytest.mark.parametrize(
    "running",
    [
        [],
        [Node(), Node()],
        [Node(fails=["check_local_alarms"], critical=["queue work in /"])],
    ],
)
def test_a_rollback_of_a_broken_broker_is_accepted(run: RunJob, running):
    values = {"before": THREE, "upgrade": THREE | {"logLevel": "debug"}, "members": 3}

    assert run("rollback", running, **values) == (0, "No member is removed.")


def test_a_rollback_that_would_remove_members_is_refused(run: RunJob):
    code, line = run("rollback", [Node()] * 3, before=THREE, upgrade=ONE)

    assert code == 1
    assert line.startswith(f"Members of the cluster would be removed: {NAMES[1]} is one.")
    assert "kubectl -n market exec shop-rabbitmq-0 -- sh " in line
    assert line.endswith("/rabbitmq/remove-nodes.sh 1")


@pytest.mark.parametrize("task", ["preflight", "rollback"])
@pytest.mark.parametrize(("before", "upgrade"), [(THREE, INTER_NODE), (INTER_NODE, THREE)])
def test_nodes_that_could_not_connect_to_each_other_are_refused(run: RunJob, task, before, upgrade):
    code, line = run(task, [Node()] * 3, before=before, upgrade=upgrade)

    assert (code, "set replicas to 0" in line) == (1, True)


def test_a_rollback_of_nodes_that_never_joined_removes_no_member(run: RunJob):
    assert run("rollback", [Node()], before=THREE, upgrade=ONE)[0] == 0


def test_an_upgrade_that_does_not_change_the_nodes_is_not_checked(run: RunJob):
    upgrade = {"definitions": {"exchanges": [{"name": "a", "type": "topic"}]}}

    assert run("preflight", [], upgrade=upgrade) == (0, "The nodes stay as they are.")


@pytest.mark.parametrize("lost", ["credentials", "files"])
def test_a_broker_that_cannot_be_checked_is_not_upgraded(run: RunJob, lost: str):
    code, line = run("preflight", [Node()], lost=[lost])

    assert code == 1
    assert "is gone, so that it cannot be checked" in line


@pytest.mark.parametrize("release", ["shop", "my-rabbitmq"])
def test_a_first_installation_by_argo_cd_has_no_broker_to_check(run: RunJob, release: str):
    assert run("preflight", [], before=None, release=release) == (0, "There is no broker yet.")


@pytest.mark.parametrize(
    ("more", "former"),
    [
        ({}, "erlang-cookie"),
        ({"auth": {"existingSecret": "mine"}}, "nodes-hash"),
        ({"upgrade": {"preflight": False}}, "erlang-cookie"),
    ],
)
def test_a_broker_of_a_former_name_is_not_replaced_by_an_empty_one(
    run: RunJob, helm: Helm, more: Values, former: str
):
    """Its Secret shows it, or its ConfigMap, if people bring a Secret of their own."""
    values = ONE | more
    code, line = run(
        "preflight", [], before=None, upgrade=values, release="my-rabbitmq", former=former
    )

    assert (code, "set fullnameOverride to my-rabbitmq." in line) == (1, True)
    job = helm.template(CHART, values, name="my-rabbitmq").one(
        "Job", "my-rabbitmq-rabbitmq-preflight"
    )
    volumes = {each["name"]: each for each in job["spec"]["template"]["spec"]["volumes"]}
    sources = [each for one in volumes["former"]["projected"]["sources"] for each in one.values()]
    assert [each["name"] for each in sources] == ["my-rabbitmq-credentials", "my-rabbitmq"]
    assert all(each["optional"] for each in sources)
    assert former in [item["path"] for each in sources for item in each["items"]]


@pytest.mark.parametrize("release", ["shop", "rabbitmq"])
def test_releases_that_keep_their_name_are_not_asked_for_another(helm: Helm, release: str):
    jobs = helm.template(CHART, ONE, name=release).all("Job")
    assert "'name': 'FORMER'" not in str(jobs)
    kept = helm.template(CHART, ONE | {"fullnameOverride": "my-rabbitmq"}, name="my-rabbitmq")
    assert "'name': 'FORMER'" not in str(kept.all("Job"))


@pytest.mark.parametrize(("before", "upgrade"), [(3, 0), (0, 3)])
def test_all_nodes_may_be_stopped_and_started_again(run: RunJob, before: int, upgrade: int):
    nodes = [Node()] * before

    assert (
        run("preflight", nodes, before={"replicas": before}, upgrade={"replicas": upgrade})[0] == 0
    )


def test_a_node_that_restarts_during_the_import_of_definitions_is_awaited(run: RunJob):
    code, line = run("finish", [Node(fails=["import_definitions"])])

    assert (code, line) == (0, "All nodes run 4.2.4.")
