"""A release from installation to removal, on a real API server and its controllers."""

import json
import os

import pytest
import yaml

from mare.processes.command import run
from tests.charts.helm import HELM_3_AT_NIGHT, REGISTRY
from tests.charts.playlists.conftest import ALONE

VALUES = {**REGISTRY, **ALONE, "valkey": {"enabled": True}, "gateway": {"rateLimit": "60/minute"}}


@pytest.fixture
def release(  # noqa: PLR0917 - fixtures, by name
    each_helm, chart, api_server, crd, namespace, tmp_path
):
    """Run Helm against the API server, without hooks, for which it would take a node."""

    def helm(action, *arguments, **values):
        file = tmp_path / "values.yaml"
        file.write_text(yaml.safe_dump({**VALUES, **values}))
        command = [str(each_helm.program), f"--namespace={namespace}"]
        settings = [str(chart), f"--values={file}"] if action in ("install", "upgrade") else []
        return run(
            [*command, action, "shop", *settings, "--no-hooks", *arguments],
            seconds=120,
            environment={
                "PATH": os.defpath,
                "HOME": str(tmp_path),
                "KUBECONFIG": str(api_server.kubeconfig),
            },
        )

    return helm


@pytest.fixture
def get(api_server, namespace):
    def get(*what):
        return json.loads(api_server.kubectl("get", *what, "-n", namespace, "-o", "json"))

    return get


def test_an_upgrade_keeps_the_replicas_of_an_autoscaler(release, get, api_server, namespace):
    release("install")
    api_server.kubectl("scale", "deployment/shop-weather", "--replicas=7", "-n", namespace)

    release("upgrade", services={"weather": {"env": {"WEATHER_SOURCES": "none"}}})
    deployment = get("deployment", "shop-weather")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "WEATHER_SOURCES", "value": "none"} in container["env"]
    assert deployment["spec"]["replicas"] == 7

    release("rollback")
    assert get("deployment", "shop-weather")["spec"]["replicas"] == 7


def test_an_autoscaler_takes_over_the_replicas_that_run(
    release, get, api_server, namespace, each_helm
):
    def replicas():
        return get("deployment", "shop-weather")["spec"]["replicas"]

    def upgrade(*arguments, **weather):
        release("upgrade", *arguments, services={"weather": weather})

    static = {"replicas": 3, "autoscaling": {"enabled": False}}
    release("install", services={"weather": static})
    assert replicas() == 3

    upgrade()
    assert replicas() == 3
    api_server.kubectl("scale", "deployment/shop-weather", "--replicas=7", "-n", namespace)
    upgrade(env={"WEATHER_SOURCES": "none"})
    assert replicas() == 7
    # The server-side apply of Helm 4 asks before it takes a field from an autoscaler.
    upgrade(*(["--force-conflicts"] if each_helm.program.name == "helm4" else []), **static)
    assert replicas() == 3


def test_an_upgrade_leaves_a_password_that_was_filled_in(release, get, api_server, namespace):
    release("install")
    filled = json.dumps({"stringData": {"password": "x", "uri": "redis://:x@shop-valkey:6379/0"}})
    api_server.kubectl("patch", "secret", "shop-valkey", "-n", namespace, "--patch", filled)
    data = get("secret", "shop-valkey")["data"]

    release("upgrade", commonLabels={"team": "shop"})
    assert get("secret", "shop-valkey")["metadata"]["labels"]["team"] == "shop"
    release("rollback")

    assert get("secret", "shop-valkey")["data"] == data


@HELM_3_AT_NIGHT
def test_nothing_of_it_is_left_after_its_removal(release, get):
    release("install")

    release("uninstall", "--wait")

    kinds = (
        "deployments,statefulsets,jobs,services,secrets,configmaps,serviceaccounts,roles,rolebindings,"
        "networkpolicies,poddisruptionbudgets,queueautoscalers"
    )
    left = {
        f"{each['kind']}/{each['metadata']['name']}"
        for each in get(kinds)["items"]
        if each["metadata"].get("deletionTimestamp") is None
    }
    assert left <= {"ConfigMap/kube-root-ca.crt", "ServiceAccount/default"}
