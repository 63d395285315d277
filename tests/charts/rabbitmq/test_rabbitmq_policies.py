"""NetworkPolicies: in a namespace that denies the rest, all Pods still get where they must."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.charts.helm import Helm, Manifests
from tests.charts.rabbitmq.matrix import CHART


def _pods(rendered: Manifests) -> Iterator[tuple[str, Mapping[str, str]]]:
    for found in rendered:
        if found["kind"] == "Pod":
            yield found["metadata"]["name"], found["metadata"]["labels"]
        elif found["kind"] in ("Job", "StatefulSet"):
            yield found["metadata"]["name"], found["spec"]["template"]["metadata"]["labels"]


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ())
    )


def _ports(policy: Mapping[str, Any]) -> set[int]:
    return {each["port"] for rule in policy["spec"]["egress"] for each in rule.get("ports", ())}


def test_each_pod_has_one_policy(helm: Helm):
    rendered = helm.template(CHART)
    policies = rendered.all("NetworkPolicy")

    for name, labels in _pods(rendered):
        found = [it for it in policies if _selects(it["spec"]["podSelector"], labels)]
        assert len(found) == 1, name


def test_operators_are_known_by_namespace_and_release(helm: Helm):
    operators = [{"namespace": "scaling", "instance": "mare"}]
    rendered = helm.template(CHART, {"networkPolicy": {"operators": operators}})
    rules = rendered.one("NetworkPolicy", "shop-rabbitmq")["spec"]["ingress"]

    peers = [peer for rule in rules[:3] for peer in rule["from"]]
    for peer in peers:
        assert peer.get("namespaceSelector") != {}
    (management,) = [rule for rule in rules if {"port": 15672} in rule.get("ports", ())]
    own, other = management["from"]
    assert own["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "shop"
    assert other["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "scaling"}
    assert other["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "mare"


def test_names_resolve_everywhere_and_jobs_reach_api_servers(helm: Helm):
    rendered = helm.template(CHART, {"networkPolicy": {"apiServerPorts": [16443]}})

    assert _ports(rendered.one("NetworkPolicy", "shop-rabbitmq")) == {53, 5353}
    assert _ports(rendered.one("NetworkPolicy", "shop-rabbitmq-tasks")) == {53, 5353, 16443}
