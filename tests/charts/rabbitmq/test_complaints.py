"""What people complained about in other charts, as far as it shows in what is rendered."""

import re

from tests.charts.helm import Helm
from tests.charts.rabbitmq.matrix import CHART, MATRIX

THREE = MATRIX["three"]


def _conf(helm: Helm, values=None) -> dict[str, str]:
    text = helm.template(CHART, values).one("ConfigMap", "shop-rabbitmq")["data"]["rabbitmq.conf"]
    return dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)


def _broker(helm: Helm, values=None):
    (container,) = helm.template(CHART, values).one("StatefulSet")["spec"]["template"]["spec"][
        "containers"
    ]
    return container


def test_nodes_discover_each_other_without_an_api(helm: Helm):
    conf = _conf(helm, THREE)

    assert conf["cluster_formation.peer_discovery_backend"] == "classic_config"
    assert conf["cluster_formation.target_cluster_size_hint"] == "3"
    assert conf["cluster_formation.classic_config.nodes.3"] == (
        "rabbit@shop-rabbitmq-2.shop-rabbitmq-nodes.market.svc.cluster.local"
    )


def test_after_a_full_stop_no_node_waits_for_another_to_be_ready(helm: Helm):
    rendered = helm.template(CHART, THREE)

    assert rendered.one("StatefulSet")["spec"]["podManagementPolicy"] == "Parallel"
    assert rendered.one("Service", "shop-rabbitmq-nodes")["spec"]["publishNotReadyAddresses"]


def test_no_probe_runs_a_program_or_checks_alarms(helm: Helm):
    broker = _broker(helm)

    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert set(broker[probe]) & {"exec", "httpGet", "tcpSocket"} == {"tcpSocket"}
    # The port of AMQP is closed in maintenance, and while queues are recovered: neither may end a
    # node.
    for probe in ("startupProbe", "livenessProbe"):
        assert broker[probe]["tcpSocket"] == {"port": "clustering"}


def test_each_probe_can_be_replaced_or_left_out(helm: Helm):
    ping = {"exec": {"command": ["rabbitmq-diagnostics", "ping"]}}
    broker = _broker(helm, {"probes": {"readiness": ping, "liveness": False}})

    assert broker["readinessProbe"] == ping | {"periodSeconds": 5, "failureThreshold": 3}
    assert "livenessProbe" not in broker


def test_the_broker_knows_its_memory_limit(helm: Helm):
    limits = {"20Gi": "21474836480", 8000000000: "8000000000", "1.5Gi": "1610612736"}

    for limit, total in limits.items():
        conf = _conf(helm, {"resources": {"limits": {"memory": limit}}})
        assert conf["total_memory_available_override_value"] == total
        assert conf["vm_memory_high_watermark.relative"] == "0.6"


def test_with_tls_only_no_plain_port_is_left(helm: Helm):
    rendered = helm.template(CHART, MATRIX["tls"])
    conf = _conf(helm, MATRIX["tls"])
    published = {port["port"] for port in rendered.one("Service", "shop-rabbitmq")["spec"]["ports"]}

    assert published == {5671, 15671, 15691}
    assert conf["listeners.tcp"] == "none"
    assert not {key for key in conf if re.search(r"tcp[.](port|default)", key)}
    assert "shop-rabbitmq-ca" in rendered.names("ConfigMap")


def test_container_ports_are_constants(helm: Helm):
    changed = {"external": {"type": "NodePort"}, "networkPolicy": {"enabled": False}}

    assert _broker(helm)["ports"] == _broker(helm, changed)["ports"]


def test_knobs_that_others_lack(helm: Helm):
    spec = helm.template(CHART, MATRIX["everything"]).one("StatefulSet")["spec"]
    (claim,) = spec["volumeClaimTemplates"]

    assert spec["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete"
    assert claim["metadata"]["labels"]["a"] == "b"
    assert spec["template"]["spec"]["containers"][0]["env"][-1] == {"name": "A", "value": "shop"}


def test_a_variable_occurs_once_with_the_value_of_the_user(helm: Helm):
    env = _broker(helm, {"extraEnv": [{"name": "LANG", "value": "C"}]})["env"]

    assert [each["value"] for each in env if each["name"] == "LANG"] == ["C"]


def test_leaders_are_spread_by_a_job_and_not_by_a_start(helm: Helm):
    assert "postStart" not in _broker(helm, THREE)["lifecycle"]
    assert "rebalance quorum" in str(helm.template(CHART, THREE).one("Job", "shop-rabbitmq-finish"))


def test_the_image_is_the_official_one(helm: Helm):
    image = _broker(helm)["image"]

    assert re.fullmatch(r"docker\.io/library/rabbitmq:4\.\d+\.\d+-management", image)


def test_only_a_node_of_a_cluster_drains_and_has_a_budget(helm: Helm):
    alone, three = helm.template(CHART), helm.template(CHART, THREE)

    assert "lifecycle" not in _broker(helm)
    assert "lifecycle" in _broker(helm, THREE)
    assert not alone.all("PodDisruptionBudget")
    assert three.one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_queues_of_a_cluster_get_their_members_even_if_declared_early(helm: Helm):
    prefix = "quorum_queue.continuous_membership_reconciliation"

    assert _conf(helm, THREE)[f"{prefix}.target_group_size"] == "3"
    # A leader that moves while members are added leaves the rest to the next interval.
    assert _conf(helm, THREE)[f"{prefix}.interval"] == "60000"
    assert f"{prefix}.target_group_size" not in _conf(helm)


def test_partition_handling_is_set_for_those_that_know_it(helm: Helm):
    def conf_of(version):
        return _conf(helm, {**THREE, "image": {"tag": f"{version}.1-management"}})

    assert conf_of("4.2")["cluster_partition_handling"] == "pause_minority"
    assert "cluster_partition_handling" not in conf_of("4.3")
