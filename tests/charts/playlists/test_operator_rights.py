"""Which Secrets the operator of the chart may read."""

import pytest


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"rabbitmq": {"enabled": False}, "broker": {"secretName": "broker"}},
        {"rabbitmq": {"fullnameOverride": "rabbit"}},
    ],
    ids=["the broker of the chart", "another broker", "another name"],
)
def test_the_operator_may_read_the_secret_of_its_broker_and_no_other(helm, chart, values):
    rendered = helm.template(chart, values)

    (used,) = {each["spec"]["brokerRef"]["secretName"] for each in rendered.all("QueueAutoscaler")}
    roles = {
        each["roleRef"]["name"]
        for each in rendered.all("RoleBinding")
        if each["subjects"][0]["name"] == "shop-operator"
    }
    rules = [
        rule
        for each in rendered.all("Role")
        if each["metadata"]["name"] in roles
        for rule in each["rules"]
        if "secrets" in rule["resources"]
    ]
    assert used in {name for rule in rules for name in rule["resourceNames"]}
    assert all(rule["verbs"] == ["get"] for rule in rules)
    assert {n for r in rules for n in r["resourceNames"]} <= {used, "shop-rabbitmq-operator"}
