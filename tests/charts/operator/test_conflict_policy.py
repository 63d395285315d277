"""A second autoscaler of a workload is reported when it is applied."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.charts.helm import CHARTS, Helm
from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import autoscaler_of
from tests.integration.operator.test_conflicting_autoscalers import (
    SCALED_OBJECTS,
    hpa,
    scaled_object,
)
from tests.vhost import eventually

Create = Callable[[Mapping[str, Any]], str]

PLURALS = {
    "QueueAutoscaler": "queueautoscalers",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "ScaledObject": "scaledobjects",
}


Change = Callable[[str, str, Mapping[str, Any]], str]


def autoscaler(name: str, workload: str, **spec: Any) -> dict[str, Any]:
    return autoscaler_of(name, {"scaleTargetRef": {"name": workload}, **spec})


@pytest.fixture(scope="module")
def create(api_server: ControlPlane, crd: Path, helm: Helm) -> Iterator[Create]:
    """Create an object in a cluster with the policies, as a dry run; return the warnings."""
    rendered = helm.template(CHARTS / "operator", {}, name="policies", namespace="default")
    policies = [each for each in rendered if each["kind"].startswith("ValidatingAdmissionPolicy")]
    api_server.define(SCALED_OBJECTS)
    kubectl = api_server.kubectl
    kubectl("create", "namespace", "conflicts")
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(policies))
    leaving = autoscaler("leaving", "left")
    leaving["metadata"]["finalizers"] = ["example.com/hold"]
    existing = [
        autoscaler("first", "worker"),
        hpa("scaled-by-hpa"),
        autoscaler("elsewhere", "third"),
        autoscaler("tried", "worker", dryRun=True),
        autoscaler("younger", "worker"),
        hpa("free"),
        scaled_object("free-of-keda"),
        leaving,
    ]
    kubectl("apply", "-n", "conflicts", "-f", "-", stdin=yaml.safe_dump_all(existing))
    with api_server.client() as api:
        objects = client.CustomObjectsApi(api)

        def run(document: Mapping[str, Any]) -> str:
            group, version = document["apiVersion"].split("/")
            _, _, headers = objects.create_namespaced_custom_object_with_http_info(
                group, version, "conflicts", PLURALS[document["kind"]], document, dry_run="All"
            )
            return str(headers.get("Warning", ""))

        for probe in (autoscaler("probe", "worker"), autoscaler("probe", "scaled-by-hpa")):
            # A new policy is in force after some seconds.
            eventually(lambda probe=probe: "as well" in run(probe))
        kubectl("delete", "qa", "leaving", "-n", "conflicts", "--wait=false")
        yield run
    release = ("--type=merge", "--patch", '{"metadata": {"finalizers": null}}')
    kubectl("patch", "qa", "leaving", "-n", "conflicts", *release)
    kubectl("delete", "-f", "-", stdin=yaml.safe_dump_all(policies))
    kubectl("delete", "namespace", "conflicts", "--wait=false")
    kubectl("delete", "-f", str(SCALED_OBJECTS))
    eventually(lambda: "keda.sh" not in kubectl("api-versions"))


@pytest.mark.parametrize(
    ("document", "warning"),
    [
        (autoscaler("second", "worker"), "QueueAutoscaler first scales Deployment worker as well"),
        (hpa("worker"), "QueueAutoscaler first scales Deployment worker as well"),
        (scaled_object("worker"), "QueueAutoscaler first scales Deployment worker as well"),
        (
            autoscaler("beside", "scaled-by-hpa"),
            "HorizontalPodAutoscaler scaled-by-hpa scales Deployment scaled-by-hpa as well",
        ),
    ],
)
def test_a_second_autoscaler_of_a_workload_is_warned_about(create: Create, document, warning):
    assert warning in create(document)


@pytest.mark.parametrize(
    "document",
    [
        autoscaler("another", "other"),
        autoscaler("trial", "worker", dryRun=True),
        hpa("other"),
        scaled_object("other"),
        autoscaler_of("set", {"scaleTargetRef": {"kind": "StatefulSet", "name": "worker"}}),
    ],
)
def test_an_autoscaler_of_another_workload_and_a_dry_run_are_not(create: Create, document):
    assert "as well" not in create(document)


@pytest.fixture
def change(api_server: ControlPlane, create: Create) -> Change:
    """Change an object, as a dry run; return the warnings."""
    groups = {"HorizontalPodAutoscaler": "autoscaling/v2", "ScaledObject": "keda.sh/v1alpha1"}

    def run(kind: str, name: str, patch: Mapping[str, Any]) -> str:
        group, version = groups.get(kind, "mare.dev/v1alpha1").split("/")
        with api_server.client() as api:
            _, _, headers = client.CustomObjectsApi(
                api
            ).patch_namespaced_custom_object_with_http_info(
                group, version, "conflicts", PLURALS[kind], name, patch, dry_run="All"
            )
        return str(headers.get("Warning", ""))

    return run


def target(name: str = "worker", **fields: str) -> dict[str, Any]:
    return {"spec": {"scaleTargetRef": {"name": name, **fields}}}


@pytest.mark.parametrize(
    ("kind", "name", "patch"),
    [
        ("QueueAutoscaler", "elsewhere", target()),
        ("QueueAutoscaler", "tried", {"spec": {"dryRun": False}}),
        ("HorizontalPodAutoscaler", "free", target()),
        ("ScaledObject", "free-of-keda", target()),
    ],
)
def test_a_change_by_which_two_autoscalers_have_one_workload_is_warned_about(
    change: Change, kind: str, name: str, patch: Mapping[str, Any]
):
    assert "QueueAutoscaler first scales Deployment worker as well" in change(kind, name, patch)


def test_a_change_of_the_api_group_is_checked(change: Change):
    other = target(apiVersion="other.example/v1")
    assert "as well" not in change("HorizontalPodAutoscaler", "free", other)
    assert "as well" in change("HorizontalPodAutoscaler", "free", target(apiVersion="apps/v1"))


@pytest.mark.parametrize(
    ("name", "patch"),
    [
        ("younger", {"metadata": {"labels": {"team": "shop"}}}),
        ("younger", {"spec": {"maxReplicas": 7}}),
        ("elsewhere", target("another")),
        ("leaving", {"metadata": {"finalizers": None}}),
        ("leaving", target()),
    ],
)
def test_other_changes_and_those_of_an_object_that_is_being_deleted_are_not(
    change: Change, name: str, patch: Mapping[str, Any]
):
    assert "as well" not in change("QueueAutoscaler", name, patch)


def test_an_object_that_is_being_deleted_is_no_other_autoscaler(create: Create):
    assert "as well" not in create(autoscaler("successor", "left"))
