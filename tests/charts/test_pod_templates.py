"""What is set for Pods reaches all Pods of all charts: Jobs, hooks and tests, too."""

import re

import pytest

from tests.charts.environment import containers
from tests.charts.full_values import (
    ANNOTATIONS,
    EXTENSIONS,
    FULL,
    LABELS,
    MIRROR,
    PLACEMENT,
    RESOURCES,
    SECRETS,
)
from tests.charts.helm import CHARTS
from tests.charts.playlists.conftest import chart  # noqa: F401 - a fixture

KINDS = ("Deployment", "StatefulSet", "Job", "Pod")


@pytest.fixture(scope="module")
def pods(helm, chart):  # noqa: F811
    """Metadata and spec of each Pod, by kind and name of its owner."""
    found = {}
    for each in helm.template(chart, FULL):
        if each["kind"] in KINDS:
            pod = each if each["kind"] == "Pod" else each["spec"]["template"]
            found[each["kind"], each["metadata"]["name"]] = pod
    return found


@pytest.fixture(scope="module")
def programs(pods):
    """Those that run as long as the release does."""
    return {
        owner: pod["spec"]
        for owner, pod in pods.items()
        if owner[0] in ("Deployment", "StatefulSet")
    }


def test_all_templates_of_pods_are_rendered(pods):
    """Jobs: Secrets of playlists; the definition; connections, preflight, rollback and finish."""
    kinds = {kind: sum(owner[0] == kind for owner in pods) for kind in KINDS}
    assert kinds == {"Deployment": 9, "StatefulSet": 3, "Job": 6, "Pod": 3}


def test_labels_and_annotations_reach_all(pods):
    for owner, pod in pods.items():
        assert pod["metadata"]["labels"].items() >= LABELS.items(), owner
        assert pod["metadata"]["annotations"].items() >= ANNOTATIONS.items(), owner


def test_jobs_and_tests_can_have_other_annotations_than_what_runs(pods):
    for owner, pod in pods.items():
        runs = owner[0] in ("Deployment", "StatefulSet")
        injected = pod["metadata"]["annotations"]["mesh.example/inject"]
        assert injected == ("true" if runs else "false"), owner


def test_placement_and_pull_secrets_reach_all(pods):
    for owner, pod in pods.items():
        assert pod["spec"].items() >= PLACEMENT.items(), owner
        assert pod["spec"]["imagePullSecrets"] == SECRETS, owner


def test_all_images_come_from_the_global_registry(pods):
    for owner, pod in pods.items():
        for container in containers(pod):
            own = container["name"] not in ("sidecar", "init")
            registry = MIRROR if own else "sidecar.example"
            assert container["image"].startswith(f"{registry}/"), owner


@pytest.mark.parametrize("name", ["operator", "rabbitmq", "playlists"])
@pytest.mark.parametrize("registry", ["ghcr.io/owner", "ghcr.io/owner/"])
def test_a_registry_may_have_the_path_of_an_owner(helm, chart, name, registry):  # noqa: F811
    folder = chart if name == "playlists" else CHARTS / name
    rendered = helm.template(folder, {"global": {"imageRegistry": registry}})
    images = {
        container["image"]
        for each in rendered
        if each["kind"] in KINDS
        for container in containers(each)
    }
    assert images
    assert all(re.fullmatch(r"ghcr\.io/owner/\w[^/]*/[^/]+", each) for each in images), images


def test_resources_reach_all(pods):
    for owner, pod in pods.items():
        program = pod["spec"]["containers"][0]["resources"]
        assert program["limits"]["memory"] == RESOURCES["limits"]["memory"], owner
        assert program["requests"]["cpu"] == RESOURCES["requests"]["cpu"], owner


def test_all_containers_can_have_the_limits_that_a_quota_demands(pods):
    for owner, pod in pods.items():
        for container in containers(pod):
            if container["name"] not in ("sidecar", "init"):
                limits = container["resources"]["limits"]
                assert limits.items() >= RESOURCES["limits"].items(), owner


def test_all_programs_can_be_extended(programs):
    for owner, spec in programs.items():
        program, sidecar = spec["containers"]
        assert {"name": "EXTRA", "value": "shop"} in program["env"], owner
        assert EXTENSIONS["extraVolumeMounts"][0] in program["volumeMounts"], owner
        assert EXTENSIONS["extraVolumes"][0] in spec["volumes"], owner
        assert [sidecar] == EXTENSIONS["extraContainers"], owner
        assert spec["initContainers"] == EXTENSIONS["extraInitContainers"], owner
        assert program["lifecycle"] == EXTENSIONS["lifecycle"], owner


def test_no_pod_has_a_token_unless_its_program_calls_the_api_server(pods):
    with_token = {
        owner[1].removeprefix("shop-")
        for owner, pod in pods.items()
        if pod["spec"].get("automountServiceAccountToken", True)
    }
    assert {re.sub(r"-[0-9a-f]{8}$", "", name) for name in with_token} == {
        "operator",
        "operator-crds",
        "rabbitmq-connections",
        "secrets",
    }
