"""What the chart of the application renders."""

import re
from ipaddress import ip_address, ip_network

import pytest
import yaml

from tests.charts import environment
from tests.charts.helm import Refused
from tests.charts.playlists.conftest import ALONE, CHART


@pytest.mark.parametrize(
    "values",
    [
        {"unknown": 1},
        {"fullnameOverride": "MyBroker"},
        {"services": {"weather": {"unknown": 1}}},
        {"services": {"gateway": {}}},
        {"gateway": {"rateLimit": "often"}},
        {"gateway": {"httpRoute": {"enabled": True}}},
        {"gateway": {"env": {"lower-case": "x"}}},
        {"valkey": {"resources": {"limits": {"memory": "lots"}}}},
        {"operator": {"unknown": 1}},
        {"podLabels": {"app.kubernetes.io/component": "x"}},
        {"gateway": {"autoscaling": {"enabled": True, "minReplicas": 20}}},
    ],
    ids=str,
)
def test_values_that_cannot_be_meant_are_refused(helm, chart, values):
    with pytest.raises(Refused, match=rf"{next(iter(values))}|invalid propertyName"):
        helm.template(chart, values)


@pytest.mark.parametrize("chart_values", [ALONE, {"operator": {"image": {"registry": ""}}}])
def test_a_missing_registry_is_an_error_that_names_the_value_to_set(helm, chart, chart_values):
    with pytest.raises(Refused, match=r"Set image\.registry: this chart is no release"):
        helm.template(chart, {"image": {"registry": ""}, **chart_values})


def test_jobs_without_a_store_are_refused(helm, chart):
    without = {"postgresql": {"enabled": False}}
    with pytest.raises(Refused, match=r"Jobs need a store: set postgresql\.enabled=true"):
        helm.template(chart, {**ALONE, **without})

    own = {"secretEnv": {"JOBS_STORE": {"secretName": "mine", "key": "uri"}}}
    for values in ({"services": {"jobs": None}}, {"services": {"jobs": own}}):
        assert not helm.template(chart, {**ALONE, **without, **values}).all("StatefulSet")


def test_jobs_alone_reach_the_database(helm, chart):
    manifests = helm.template(chart, ALONE)

    (rule,) = manifests.one("NetworkPolicy", "shop-postgresql")["spec"]["ingress"]
    labels = manifests.one("Deployment", "shop-jobs")["spec"]["template"]["metadata"]["labels"]
    assert [peer["podSelector"]["matchLabels"].items() <= labels.items() for peer in rule["from"]]
    assert len(rule["from"]) == 1
    ports = {
        name: {
            port["port"]
            for rule in manifests.one("NetworkPolicy", f"shop-{name}")["spec"]["egress"]
            for port in rule["ports"]
        }
        for name in ("jobs", "weather", "gateway")
    }
    assert [5432 in ports[name] for name in ports] == [True, False, False]
    assert 443 not in ports["jobs"]


def test_all_that_export_traces_reach_the_collector(helm, chart):
    ports = {"networkPolicy": {"collectorPorts": [4319]}}
    policies = helm.template(chart, ports).all("NetworkPolicy")
    reaching = {
        policy["metadata"]["name"].removeprefix("shop-")
        for policy in policies
        for rule in policy["spec"].get("egress", ())
        if {"port": 4319} in rule.get("ports", ())
    }

    assert reaching == {*environment.SERVICES, "gateway"}


def test_the_notes_delete_each_volume_and_no_other(helm, chart):
    values = {**ALONE, "valkey": {"enabled": True, "existingSecret": "own"}}
    volumes = {
        f"{claim['metadata']['name']}-{each['metadata']['name']}-0"
        for each in helm.template(chart, values).all("StatefulSet")
        for claim in each["spec"]["volumeClaimTemplates"]
    }

    commands = re.findall(r"kubectl delete pvc -n \S+ (\S+)", helm.notes(chart, values))
    assert sorted(commands) == sorted(volumes)


def test_webhooks_reach_public_addresses_and_the_broker(helm, chart):
    values = {**ALONE, "webhooks": {"refusedNetworks": ["198.41.0.0/24", "2a00::/16"]}}
    policy = helm.template(chart, values).one("NetworkPolicy", "shop-webhooks")
    dns, broker, callbacks = policy["spec"]["egress"]

    assert {port["port"] for port in dns["ports"]} == {53, 5353}
    assert [port["port"] for port in broker["ports"]] == [5671, 5672, 4318]
    assert [port["port"] for port in callbacks["ports"]] == [443, 8443]
    blocks = [peer["ipBlock"] for peer in callbacks["to"]]

    def reaches(address):
        return any(
            address in ip_network(block["cidr"])
            and not any(address in ip_network(each) for each in block["except"])
            for block in blocks
        )

    for block in blocks:
        for each in block["except"]:
            assert ip_network(each).subnet_of(ip_network(block["cidr"]))
    assert [text for text in REFUSED if reaches(ip_address(text))] == []
    assert all(reaches(ip_address(text)) for text in ("8.8.8.8", "2606:4700::1111"))


REFUSED = [
    *("10.1.2.3", "172.31.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1"),
    *("168.63.129.16", "100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
    *("::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1"),
    *("2002:7f00:1::", "64:ff9b::7f00:1", "::ffff:10.0.0.1", "198.41.0.4", "2a00:1450::1"),
]


def test_streams_have_a_path_of_their_own(helm, chart):
    gateway = {
        "ingress": {"enabled": True},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
    }
    manifests = helm.template(chart, {**ALONE, "gateway": gateway})

    (rule,) = manifests.one("Ingress")["spec"]["rules"]
    targets = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert targets == {"/v1/streams/": "shop-events", "/": "shop-gateway"}
    rules = manifests.one("HTTPRoute")["spec"]["rules"]
    assert [rule["backendRefs"][0]["name"] for rule in rules] == ["shop-events", "shop-gateway"]

    without = helm.template(chart, {**ALONE, "gateway": gateway, "events": {"enabled": False}})
    assert "shop-events" not in without.text


def test_a_missing_broker_is_an_error_that_names_the_value_to_set(helm, chart):
    with pytest.raises(Refused, match=r"rabbitmq\.enabled=true, or broker\.secretName"):
        helm.template(chart, {"rabbitmq": {"enabled": False}})


def test_replicas_are_left_out_where_an_autoscaler_sets_them(helm, chart):
    values = {
        "gateway": {"autoscaling": {"enabled": True}},
        "services": {"music": {"replicas": 3, "autoscaling": {"enabled": False}}},
    }
    deployments = helm.template(chart, {**ALONE, **values}).all("Deployment")

    replicas = {each["metadata"]["name"]: each["spec"].get("replicas") for each in deployments}
    assert replicas == {
        "shop-gateway": None,
        "shop-weather": None,
        "shop-playlists": None,
        "shop-events": 2,
        "shop-jobs": None,
        "shop-webhooks": None,
        "shop-music": 3,
    }


def test_every_service_has_an_autoscaler_for_its_queues(helm, chart):
    own = {"weather": {"maxWorkers": 4}, "music": {"autoscaling": {"enabled": False}}}
    manifests = helm.template(chart, {"services": own})

    assert manifests.names("QueueAutoscaler") == {
        "shop-jobs",
        "shop-playlists",
        "shop-weather",
        "shop-webhooks",
    }
    spec = manifests.one("QueueAutoscaler", "shop-weather")["spec"]
    assert spec["scaleTargetRef"]["name"] == "shop-weather"
    assert spec["nameko"] == {"service": "weather", "maxWorkers": 4}
    assert spec["brokerRef"] == {"secretName": "shop-rabbitmq-operator"}


def test_fields_of_an_autoscaler_can_be_given_as_they_are(helm, chart):
    own = {
        "target": {"type": "QueueLength", "messagesPerReplica": 5},
        "idle": {"cooldownSeconds": 5},
        "nameko": {"service": "weather-v2"},
    }
    values = {**ALONE, "services": {"weather": {"autoscaling": {"spec": own}}}}

    spec = helm.template(chart, values).one("QueueAutoscaler", "shop-weather")["spec"]

    assert spec["target"] == own["target"]
    assert spec["idle"] == own["idle"]
    assert spec["nameko"] == {"service": "weather-v2", "maxWorkers": 10}


def test_a_service_of_ones_own_needs_no_more_than_a_name_and_an_image(helm, chart):
    own = {"image": {"repository": "shop/greeter"}, "service": "greeter.service:Greeter"}

    manifests = helm.template(chart, {**ALONE, "services": {"greeter": own}})

    (container,) = manifests.one("Deployment", "shop-greeter")["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["image"] == "registry.example/shop/greeter:0.1.0"
    assert container["args"] == ["greeter.service:Greeter"]
    assert (
        manifests.one("QueueAutoscaler", "shop-greeter")["spec"]["nameko"]["service"] == "greeter"
    )


def test_a_service_of_ones_own_is_removed_by_null_as_well(helm, chart):
    manifests = helm.template(chart, {**ALONE, "services": {"greeter": None}})

    assert "greeter" not in manifests.text


def test_on_openshift_no_pod_sets_a_user(helm, chart):
    values = yaml.safe_load((CHART / "openshift.yaml").read_text())

    for each in helm.template(chart, values):
        spec = each.get("spec") or {}
        pod = spec.get("template", {}).get("spec") or (spec if each["kind"] == "Pod" else None)
        if pod and "containers" in pod:
            context = pod["securityContext"]
            assert context["runAsNonRoot"]
            for key in ("runAsUser", "runAsGroup", "fsGroup"):
                assert context.get(key) is None, each["metadata"]["name"]


def test_a_new_version_of_the_chart_alone_restarts_nothing(helm, chart):
    manifests = helm.template(chart, {**ALONE, "valkey": {"enabled": True}})

    for kind in ("Deployment", "StatefulSet"):
        for workload in manifests.all(kind):
            labels = workload["spec"]["template"]["metadata"]["labels"]
            assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(labels)


def test_the_network_policy_allows_the_helm_test_to_reach_the_gateway(helm, chart):
    traefik = {"namespaceSelector": {"matchLabels": {"name": "traefik"}}}

    manifests = helm.template(chart, {**ALONE, "networkPolicy": {"gatewayFrom": [traefik]}})

    http, health = manifests.one("NetworkPolicy", "shop-gateway")["spec"]["ingress"]
    test = manifests.one("Pod")["metadata"]["labels"]
    assert http["from"][0] == traefik
    assert http["from"][1]["podSelector"]["matchLabels"].items() <= test.items()
    assert health["ports"] == [{"port": "health"}]
