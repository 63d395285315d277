"""What the chart renders, and what it refuses to."""

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from mare_nameko.topology import vhost_definitions
from tests.charts.helm import Helm, Refused
from tests.charts.rabbitmq.matrix import CHART, MATRIX


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"unknown": 1}, "additional properties 'unknown' not allowed"),
        ({"tls": {"unknown": 1}}, "additional properties 'unknown' not allowed"),
        ({"users": {"a b": {}}}, "'a b' does not match"),
        ({"users": {"credentials": {"connection": ["amqp"]}}}, "Choose another one"),
        ({"fullnameOverride": "MyBroker"}, "fullnameOverride"),
        ({"nameOverride": "MyBroker"}, "nameOverride"),
        ({"replicas": 2}, "Set 1, 3 or 5"),
        ({"replicas": 4}, "Set an odd one"),
        ({"replicas": 0, "persistence": {"whenScaled": "Delete"}}, "Set it to Retain"),
        ({"podLabels": {"app.kubernetes.io/component": "x"}}, "app.kubernetes.io/component"),
        ({"ingress": {"enabled": True}}, "Set ingress.host"),
        ({"httpRoute": {"enabled": True}}, "Set httpRoute.parentRefs"),
        ({"ingress": {"enabled": True, "host": "a"}}, "say in networkPolicy.managementFrom"),
        (
            {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
            "say in networkPolicy.managementFrom",
        ),
        ({"tls": {"only": True}}, "tls.enabled must be true"),
        ({"tls": {"interNode": True}}, "tls.enabled must be true"),
        (
            {"tls": {"enabled": True, "existingSecret": "mine", "clients": "required"}},
            "set tls.clientSecret or tls.certManager.enabled",
        ),
        ({"tls": {"enabled": True}}, "set tls.existingSecret or tls.certManager.enabled"),
        ({"resources": {"limits": {"memory": None}}}, "Set resources.limits.memory"),
        ({"resources": {"limits": {"memory": "511Mi"}}}, "512Mi at least"),
        ({"resources": {"limits": {"memory": "lots"}}}, "memory"),
        ({"terminationGracePeriodSeconds": 179}, "at least twice drain.timeoutSeconds"),
        ({"users": {"admin": None}}, "users.admin is needed"),
        (
            {"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
            "enable one of them",
        ),
        (
            {"metrics": {"prometheusRule": {"enabled": True, "queuesWithoutConsumers": "*-log"}}},
            "queuesWithoutConsumers",
        ),
    ],
)
def test_wrong_values_are_refused_with_a_sentence(helm: Helm, values, sentence):
    with pytest.raises(Refused) as refused:
        helm.template(CHART, values)

    assert sentence in str(refused.value)


def test_the_same_values_render_the_same_text_for_ever(helm: Helm):
    first, again = (helm.text(CHART, MATRIX["three"]) for _ in range(2))

    assert first == again


def test_no_rendered_object_holds_a_secret(helm: Helm):
    for secret in helm.template(CHART).all("Secret"):
        assert not {"data", "stringData"} & set(secret)


def test_it_brings_the_topology_of_the_services(helm: Helm):
    files = helm.template(CHART).one("ConfigMap", "shop-rabbitmq")["data"]
    brought = json.loads(files["definitions.json"])

    for kind, items in vhost_definitions().items():
        assert brought[kind] == [{**item, "vhost": "/"} for item in items]


def test_connections_are_escaped_as_uris_require(helm: Helm):
    rendered = helm.template(CHART, {"vhost": "my/shop", "tls": MATRIX["tls"]["tls"]})
    work = json.loads(rendered.one("ConfigMap", "shop-rabbitmq-tasks")["data"]["connections.json"])
    uris = {each["name"]: each["uris"] for each in work["connections"]}

    host = "shop-rabbitmq.market.svc.cluster.local"
    assert uris["shop-rabbitmq-operator"] == {
        "amqp-uri": f"amqps://operator:PASSWORD@{host}:5671/my%2Fshop",
        "AMQP_URI": f"amqps://operator:PASSWORD@{host}:5671/my%2Fshop",
        "management-uri": f"https://operator:PASSWORD@{host}:15671",
    }


@pytest.mark.parametrize("name", ["tls beside plain", "certificates of clients"])
def test_where_clients_need_a_certificate_the_test_has_one(helm: Helm, name: str):
    (pod,) = helm.template(CHART, MATRIX[name]).all("Pod")

    (query,) = [each for each in pod["spec"]["containers"][0]["env"] if each["name"] == "TLS_QUERY"]
    assert "certfile=/etc/rabbitmq-client/tls.crt&keyfile=" in query["value"]
    mounted = {each["name"]: each for each in pod["spec"]["volumes"]}["client"]["secret"]
    assert mounted["secretName"] == "shop-rabbitmq-services"


def test_each_connection_gets_a_certificate_of_its_user(helm: Helm):
    rendered = helm.template(CHART, MATRIX["certificates of clients"])

    issued = {
        each["spec"]["secretName"]: each["spec"]["commonName"]
        for each in rendered.all("Certificate")
        if "server auth" not in each["spec"]["usages"]
    }
    assert issued == {f"shop-rabbitmq-{user}": user for user in ("gateway", "operator", "services")}


def test_only_amqp_leaves_the_cluster(helm: Helm):
    rendered = helm.template(CHART, MATRIX["everything"])
    (port,) = rendered.one("Service", "shop-rabbitmq-external")["spec"]["ports"]

    assert port["port"] == 5672
    assert rendered.one("Service", "shop-rabbitmq")["spec"]["type"] == "ClusterIP"


def test_monitors_use_the_configured_authority_and_the_name_in_the_certificate(helm: Helm):
    values = {**MATRIX["tls"], "metrics": {"serviceMonitor": {"enabled": True}}}
    for endpoint in helm.template(CHART, values).one("ServiceMonitor")["spec"]["endpoints"]:
        assert endpoint["tlsConfig"] == {
            "ca": {"configMap": {"name": "shop-rabbitmq-ca", "key": "ca.crt"}},
            "serverName": "shop-rabbitmq.market.svc.cluster.local",
        }


def test_openshift_chooses_the_user(helm: Helm):
    for workload in ("StatefulSet", "Job"):
        for found in helm.template(CHART, {"image": {"user": None}}).all(workload):
            context = found["spec"]["template"]["spec"]["securityContext"]
            assert [context[key] for key in ("runAsUser", "runAsGroup", "fsGroup")] == [None] * 3


def test_nodes_restart_for_settings_and_users_but_not_for_definitions_and_passwords(helm: Helm):
    def template(values):
        return helm.template(CHART, values).one("StatefulSet")["spec"]["template"]

    policy = {"name": "p", "pattern": "^mine$", "definition": {"max-length": 1}}
    assert template({"definitions": {"policies": [policy]}}) == template({})
    assert template({"auth": {"revision": 2}}) == template({})
    assert template({"users": {"new": {}}}) != template({})
    assert template({"logLevel": "debug"}) != template({})
    hooks = helm.template(CHART).one("Job", "shop-rabbitmq-finish")["metadata"]["annotations"]
    assert hooks["helm.sh/hook"] == "post-upgrade,post-rollback"


def test_a_job_and_no_hook_gives_new_passwords(helm: Helm):
    """Hooks after an upgrade wait for all clients, and one that is refused is not ready."""
    job = helm.template(CHART).job("shop-rabbitmq-connections")

    assert "annotations" not in job["metadata"]
    again = helm.template(CHART, {"auth": {"revision": 2}}).job("shop-rabbitmq-connections")
    assert again["metadata"]["name"] != job["metadata"]["name"]


def test_the_notes_have_the_address_and_the_valid_password(helm: Helm):
    notes = helm.notes(CHART)

    assert "open http://127.0.0.1:15672 after" in notes
    assert "The passwords in the Secret shop-rabbitmq-credentials are valid" in notes
    assert "Set replicas to 3" in notes
    assert "Set replicas to 3" not in helm.notes(CHART, MATRIX["three"])


def test_only_the_secret_of_the_operator_has_the_label_that_the_operator_requires(helm):
    secrets = helm.template(CHART).all("Secret")

    labelled = [
        each["metadata"]["name"]
        for each in secrets
        if each["metadata"]["labels"].get("mare.dev/broker") == "true"
    ]
    assert labelled == ["shop-rabbitmq-operator"]


def _erlang_arguments(helm: Helm, values: Mapping[str, Any]) -> str:
    (container,) = helm.template(CHART, values).one("StatefulSet")["spec"]["template"]["spec"][
        "containers"
    ]
    by_name = {each["name"]: each.get("value") for each in container["env"]}
    return str(by_name["CHART_ERL_ARGS"])


@pytest.mark.parametrize(("limit", "log"), [("512Mi", 67108864), ("8Gi", 536870912)])
def test_the_log_of_quorum_queues_follows_the_memory_limit(helm: Helm, limit, log):
    arguments = _erlang_arguments(helm, {"resources": {"limits": {"memory": limit}}})

    for application in ("ra ", "rabbit quorum_"):
        assert f"-{application}wal_max_size_bytes {log} " in arguments
    assert "credit_flow_default_credit {16,8} max_link_credit 16 " in arguments


@pytest.mark.parametrize(("version", "number"), [("4.0.5", "512"), ("4.1.0", None)])
def test_quorum_queues_of_versions_that_count_messages_free_their_disk_sooner(
    helm: Helm, version, number
):
    arguments = _erlang_arguments(helm, {"image": {"version": version}})

    found = re.search(r"segment_max_entries (\d+)", arguments)
    assert (found and found[1]) == number
    assert ("quorum_min_checkpoint_interval 64" in arguments) == bool(number)


@pytest.mark.parametrize("own", ["", "-proto_dist inet_tls"])
def test_the_cluster_operator_gives_nodes_the_same_arguments_of_erlang(helm: Helm, own):
    by_user = {"rabbitmq": {"envConfig": f'SERVER_ADDITIONAL_ERL_ARGS="{own}"'}} if own else {}
    values = {"clusterOperator": {"enabled": True, "spec": by_user}}
    resource = helm.template(CHART, values).one("RabbitmqCluster")

    file = resource["spec"]["rabbitmq"]["envConfig"]  # its start script reads it
    printed = subprocess.run(
        ["sh", "-c", f'{file}\nprintf %s "$SERVER_ADDITIONAL_ERL_ARGS"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == f"{own} {_erlang_arguments(helm, {})}"


@pytest.mark.parametrize("kind", ["StatefulSet", "RabbitmqCluster"])
def test_volumes_can_have_no_class(helm: Helm, kind: str):
    def volume(**persistence):
        by_operator = {"enabled": kind == "RabbitmqCluster"}
        values = {"persistence": persistence, "clusterOperator": by_operator}
        spec = helm.template(CHART, values).one(kind)["spec"]
        return spec.get("persistence") or spec["volumeClaimTemplates"][0]["spec"]

    assert "storageClassName" not in volume()
    assert volume(storageClass="")["storageClassName"] == ""
    assert volume(storageClass="fast")["storageClassName"] == "fast"
