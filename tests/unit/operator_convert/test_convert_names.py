"""Names in the input cannot become options of printed commands, nor other expressions."""

from typing import Any

import pytest

from mare.documents.tree import InputError
from tests.unit.operator_convert.inputs import AMQP, authentication, converted, scaledobject, user


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("--namespace=victim", "url"),
        ("rabbit", "x}{.items[0].data.password"),
        ("rabbit", "x'; rm FILE; '"),
    ],
)
def test_a_name_that_no_object_has_is_refused_with_its_place(name: str, key: str):
    reference = {"parameter": "host", "name": name, "key": key}
    with pytest.raises(InputError, match=r"secretTargetRef\[0\].*which no name"):
        converted(user(), authentication(secretTargetRef=[reference]))


def test_an_object_whose_name_is_an_option_is_refused():
    given = scaledobject()
    given["metadata"]["name"] = "--all"
    with pytest.raises(InputError, match=r"metadata\.name"):
        converted(given)


def test_a_workload_whose_container_is_an_expression_is_refused():
    given = scaledobject({"type": "rabbitmq", "metadata": {"hostFromEnv": "URL"}})
    containers = [{"name": "x')].env", "env": []}]
    workload = _object(
        "Deployment", "orders", spec={"template": {"spec": {"containers": containers}}}
    )
    with pytest.raises(InputError, match="which no name"):
        converted(given, workload)


def test_what_no_command_contains_can_have_any_name():
    others = [
        _object("Secret", "rabbit", stringData={"host": AMQP, "key": "-----BEGIN PRIVATE KEY"}),
        _object("ConfigMap", "shop", data={"name": "Shop (EU)"}),
        _object("PrometheusRule", "shop", spec={"groups": [{"name": "shop (alerts)"}]}),
    ]
    [result, *_] = converted(user(), *others).results
    assert result.manifest


def _object(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}
