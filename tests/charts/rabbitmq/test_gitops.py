"""Argo CD runs Helm's hooks of an upgrade before each synchronization, the first one included."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.matrix import CHART, MATRIX

HOOK = "helm.sh/hook"


def _hooks(found: Mapping[str, Any]) -> set[str]:
    return set(found["metadata"].get("annotations", {}).get(HOOK, "").split(",")) - {""}


def _needs(pod: Mapping[str, Any]) -> Iterator[str]:
    """What has to be there before the Pod can start."""
    yield pod.get("serviceAccountName", "default")
    for volume in pod.get("volumes", ()):
        source = volume.get("configMap") or volume.get("secret") or {}
        if not source.get("optional"):
            yield from (source[key] for key in ("name", "secretName") if key in source)
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]
    for container in pod["containers"]:
        for variable in container.get("env", ()):
            source = variable.get("valueFrom", {})
            yield from (it["name"] for it in source.values() if "name" in it)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_hooks_before_the_release_need_none_of_its_objects(helm: Helm, values):
    rendered = helm.template(CHART, values)
    first = [it for it in rendered if _hooks(it) & {"pre-install", "pre-upgrade"}]
    later = {it["metadata"]["name"] for it in rendered if not _hooks(it)}

    for found in first:
        assert not later & set(_needs(found["spec"]["template"]["spec"]))
    assert bool(first) != values.get("clusterOperator", {}).get("enabled", False)


@pytest.mark.parametrize("task", ["preflight", "rollback", "finish"])
def test_hooks_hold_the_cookie_alone(helm: Helm, task: str):
    job = helm.template(CHART, {"users": {"new": {}}}).one("Job", f"shop-rabbitmq-{task}")
    secrets = [it["secret"] for it in job["spec"]["template"]["spec"]["volumes"] if "secret" in it]

    assert [[item["key"] for item in it["items"]] for it in secrets] == [["erlang-cookie"]]
