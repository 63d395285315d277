"""A variable of a workload is resolved by its pod template, as KEDA does, without a container."""

from typing import Any

import pytest

from mare.convert.findings import Outcome
from tests.unit.operator_convert.inputs import (
    AMQP,
    command_of,
    converted,
    finding,
    scaledobject,
    spec_of,
)

REFERENCE = {"secretKeyRef": {"name": "mail-rabbit", "key": "url"}}
CONFIG = {"configMapKeyRef": {"name": "mail", "key": "url"}}


def _template(entry: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    container = {"name": "worker", "image": "worker", "env": [{"name": "URL"} | entry]}
    return {"spec": {"containers": [*([before] if before else []), container]}}


def _from_whole(*names: str, prefix: str = "") -> dict[str, Any]:
    sources = [{"secretRef": {"name": name}, "prefix": prefix} for name in names]
    return {"spec": {"containers": [{"name": "worker", "image": "worker", "envFrom": sources}]}}


def _secret(name: str, values: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}


def _deployment(template: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": "orders", "namespace": "shop"}
    spec = {"template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def _user(container: str | None = None) -> dict[str, Any]:
    trigger = {"hostFromEnv": "URL", "queueName": "orders", "protocol": "amqp"}
    given = scaledobject({"type": "rabbitmq", "metadata": trigger})
    given["metadata"]["namespace"] = "shop"
    if container:
        given["spec"]["scaleTargetRef"]["envSourceContainerName"] = container
    return given


def _job(template: dict[str, Any]) -> dict[str, Any]:
    given = _user()
    given["kind"] = "ScaledJob"
    del given["spec"]["scaleTargetRef"]
    given["spec"]["jobTargetRef"] = {"template": template}
    return given


@pytest.mark.parametrize(
    "given",
    [
        (_user(), _deployment(_template({"valueFrom": REFERENCE}))),
        (_user("worker"), _deployment(_template({"valueFrom": REFERENCE}, {"name": "proxy"}))),
        (_job(_template({"valueFrom": REFERENCE})),),
    ],
)
def test_a_secret_behind_a_variable_is_read_as_it_is(given):
    assert spec_of(*given)["brokerRef"] == {"secretName": "mail-rabbit", "uriKey": "url"}
    assert command_of(*given) == "kubectl -n shop label secret mail-rabbit mare.dev/broker=true"


def test_the_container_whose_variable_is_in_the_input_needs_nothing():
    conversion = converted(_user("worker"), _deployment(_template({"valueFrom": REFERENCE})))
    found = finding(conversion.results[0], "spec.scaleTargetRef.envSourceContainerName")
    assert found.outcome is Outcome.TRANSLATED


def test_a_config_map_behind_a_variable_is_copied_without_a_container():
    command = command_of(_user(), _deployment(_template({"valueFrom": CONFIG})))
    assert "URI=$(kubectl -n shop get configmap mail -o 'jsonpath={.data.url}')" in command


@pytest.mark.parametrize(
    ("given", "name", "path"),
    [
        ([_user(), _deployment(_template({"value": AMQP}))], "deployment/orders", ".spec"),
        ([_job(_template({"value": AMQP}))], "scaledjob/orders", ".spec.jobTargetRef"),
    ],
)
def test_the_value_of_a_variable_is_read_from_its_object_and_not_shown(given, name, path):
    command = command_of(*given)
    where = f'{path}.template.spec.containers[?(@.name=="worker")].env[?(@.name=="URL")].value'
    assert f"kubectl -n shop get {name} -o 'jsonpath={{{where}}}'" in command
    assert AMQP not in command


@pytest.mark.parametrize(
    "others",
    [
        [],
        [_deployment(_template({"value": "$(OTHER)"}))],
        [_deployment({"spec": {}})],
        [_deployment(_from_whole("mail-rabbit"))],
    ],
)
def test_only_a_variable_that_the_input_does_not_have_is_read_in_a_container(others):
    [result, *_] = converted(_user(), *others).results
    found = finding(result, "spec.triggers[0].metadata.hostFromEnv")
    assert "exec deployment/orders -- printenv URL" in found.command
    says_what_is_missing = "with deployment/orders in the input it is not needed" in found.note
    assert says_what_is_missing == (not others)


@pytest.mark.parametrize(("prefix", "key"), [("", "URL"), ("U", "RL")])
def test_a_variable_of_a_whole_secret_is_read_as_it_is(prefix, key):
    secrets = [_secret("first", {key: AMQP}), _secret("mail-rabbit", {key: AMQP})]
    given = _user(), _deployment(_from_whole("first", "mail-rabbit", prefix=prefix)), *secrets

    assert spec_of(*given)["brokerRef"] == {"secretName": "mail-rabbit", "uriKey": key}


def test_a_variable_goes_before_the_same_one_of_a_whole_secret():
    template = _from_whole("first")
    template["spec"]["containers"][0]["env"] = [{"name": "URL", "valueFrom": REFERENCE}]

    spec = spec_of(_user(), _deployment(template), _secret("first", {"URL": AMQP}))

    assert spec["brokerRef"] == {"secretName": "mail-rabbit", "uriKey": "url"}
