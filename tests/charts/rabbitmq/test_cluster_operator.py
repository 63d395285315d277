"""A RabbitmqCluster of RabbitMQ's own operator in the place of the chart's StatefulSet."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.charts.helm import Helm, Manifests, Refused
from tests.charts.rabbitmq.broker import PASSWORDS, Broker
from tests.charts.rabbitmq.container import Container
from tests.charts.rabbitmq.matrix import CHART, MATRIX
from tests.charts.rabbitmq.secrets_api import SecretsApi

OPERATOR = {"clusterOperator": {"enabled": True}}
NODES = {"app.kubernetes.io/name": "shop-rabbitmq", "app.kubernetes.io/component": "rabbitmq"}
"""Labels that the Cluster Operator gives nodes, and the Service of clients."""
THEIRS = {
    *(("StatefulSet", "shop-rabbitmq-server"), ("ServiceAccount", "shop-rabbitmq-server")),
    *(("Service", "shop-rabbitmq"), ("Service", "shop-rabbitmq-nodes")),
    *(("Secret", "shop-rabbitmq-default-user"), ("Secret", "shop-rabbitmq-erlang-cookie")),
    *(("ConfigMap", "shop-rabbitmq-server-conf"), ("ConfigMap", "shop-rabbitmq-plugins-conf")),
    *(("Role", "shop-rabbitmq-peer-discovery"), ("RoleBinding", "shop-rabbitmq-server")),
}


@pytest.fixture
def rendered(helm: Helm) -> Manifests:
    return helm.template(CHART, MATRIX["cluster operator"])


def _job(manifests: Manifests, task: str) -> Mapping[str, Any]:
    prefix = f"shop-rabbitmq-{task}-"
    (name,) = [name for name in manifests.names("Job") if name.startswith(prefix)]
    return manifests.one("Job", name)


def test_objects_of_the_cluster_operator_are_left_to_it(rendered: Manifests):
    names = {(each["kind"], each["metadata"]["name"]) for each in rendered}

    assert ("RabbitmqCluster", "shop-rabbitmq") in names
    assert not names & THEIRS
    assert not rendered.all("StatefulSet")


def test_clients_get_the_same_connections(helm: Helm, rendered: Manifests):
    own = helm.template(CHART, {"tls": MATRIX["cluster operator"]["tls"]})

    def connections(manifests: Manifests) -> Any:
        tasks = manifests.one("ConfigMap", "shop-rabbitmq-tasks")["data"]
        return json.loads(tasks["connections.json"])["connections"]

    assert connections(rendered) == connections(own)
    assert rendered.names("Secret") == own.names("Secret")


def test_every_selector_of_nodes_has_their_labels(helm: Helm, rendered: Manifests):
    policy = rendered.one("NetworkPolicy", "shop-rabbitmq")["spec"]

    assert policy["podSelector"] == {"matchLabels": NODES}
    assert {"podSelector": {"matchLabels": NODES}} in policy["ingress"][0]["from"]
    budget = rendered.one("PodDisruptionBudget", "shop-rabbitmq")
    assert budget["spec"]["selector"] == {"matchLabels": NODES}
    monitor = rendered.one("PodMonitor")["spec"]
    assert monitor["selector"] == {"matchLabels": NODES}
    assert {each["port"] for each in monitor["podMetricsEndpoints"]} == {"prometheus-tls"}
    external = helm.template(CHART, {**OPERATOR, "external": {"type": "NodePort"}})
    assert external.one("Service")["spec"]["selector"] == NODES


def test_settings_reach_the_resource_and_its_own_win(rendered: Manifests):
    spec = rendered.one("RabbitmqCluster")["spec"]

    assert spec["tls"] == {
        "secretName": "shop-rabbitmq-tls",
        "caSecretName": "shop-rabbitmq-tls",
        "disableNonTLSListeners": True,
    }
    lines = spec["rabbitmq"]["additionalConfig"].splitlines()
    assert "ssl_options.fail_if_no_peer_cert = true" in lines
    assert "default_queue_type = quorum" in lines
    assert lines[-1] == "heartbeat = 30"
    assert spec["delayStartSeconds"] == 5
    pod = spec["override"]["statefulSet"]["spec"]["template"]["spec"]
    for container in (*pod["containers"], *pod["initContainers"]):
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize(
    "change",
    [
        {"users": {"new": {}}},
        {"definitions": {"queues": [{"name": "a"}]}},
        {"image": {"tag": "4.2.1-management"}},
    ],
)
def test_users_and_definitions_come_by_a_job_that_no_client_waits_for(helm: Helm, change):
    job = _job(helm.template(CHART, OPERATOR), "users")
    changed = _job(helm.template(CHART, OPERATOR | change), "users")

    assert "annotations" not in job["metadata"]
    assert changed["metadata"]["name"] != job["metadata"]["name"]


def test_a_job_gives_passwords_though_a_node_is_down(
    broker: Broker, helm: Helm, debian: Path, tmp_path: Path, secrets_api: SecretsApi
):
    manifests = helm.template(CHART, {**OPERATOR, "users": {"new": {}}})
    passwords = {**broker.passwords, "services-password": "changed", "new-password": "new-1"}
    secrets_api.set("shop-rabbitmq-credentials", passwords)
    secrets_api.set("shop-rabbitmq-erlang-cookie", {".erlang.cookie": PASSWORDS["erlang-cookie"]})
    (tmp_path / "job").mkdir()
    nodes = f"down@{broker.container.host} rabbit@{broker.container.host}"
    container = Container(
        *(debian, tmp_path / "job", Manifests(manifests.text, [*manifests, _own(broker)]), {}),
        job=_job(manifests, "connections"),
        environment={**broker.ports.epmd, **secrets_api.environment, "NODES": nodes},
        account=secrets_api.account,
    )
    container.start()

    assert container.wait(90) == 0, container.log()
    for user, password in {"new": "new-1", "services": "changed"}.items():
        broker.container.exec("rabbitmqctl", "--silent", "authenticate_user", user, password)


def _own(broker: Broker) -> Mapping[str, Any]:
    return broker.container.stateful_set


@pytest.mark.parametrize(
    ("values", "name", "sentence"),
    [
        ({}, "rabbitmq", "call the release otherwise"),
        ({"ipv6Only": True}, "shop", "ipv6Only has no effect with clusterOperator.enabled"),
        ({"tls": {**MATRIX["tls beside plain"]["tls"], "ca": "PEM"}}, "shop", "tls.ca has no"),
        ({"extraConfigSecret": "more"}, "shop", "extraConfigSecret has no effect"),
    ],
)
def test_values_without_effect_are_refused(helm: Helm, values, name, sentence):
    with pytest.raises(Refused, match=sentence):
        helm.template(CHART, {**OPERATOR, **values}, name=name)
