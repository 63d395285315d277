"""What a synchronization makes of replicas that an autoscaler has set: docs/gitops.md."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from devcluster.programs import programs
from tests.control_plane import ControlPlane

# What other programs do to replicas, not what ours do.
pytestmark = pytest.mark.nightly

SCALED = 5
"""Replicas that the autoscaler sets. The manifest has 2."""
_FLUX = ("--server-side", "--force-conflicts", "--field-manager=kustomize-controller")
_TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  {{- with .Values.replicas }}
  replicas: {{ . }}
  {{- end }}
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec: {containers: [{name: worker, image: {{ .Values.image }}}]}
"""


class Workload:
    """The Deployment `worker` of a namespace."""

    def __init__(self, api_server: ControlPlane, namespace: str) -> None:
        self._api_server = api_server
        self._namespace = namespace

    def apply(self, *options: str, replicas: int | None, image: str = "a") -> None:
        manifest = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "worker"},
            "spec": {
                **({} if replicas is None else {"replicas": replicas}),
                "selector": {"matchLabels": {"app": "worker"}},
                "template": {
                    "metadata": {"labels": {"app": "worker"}},
                    "spec": {"containers": [{"name": "worker", "image": image}]},
                },
            },
        }
        command = ("apply", "-n", self._namespace, *options, "-f", "-")
        self._api_server.kubectl(*command, stdin=yaml.safe_dump(manifest))

    def scale(self, replicas: int = SCALED) -> None:
        """Set the replicas by the request that the operator sends."""
        with self._api_server.client() as api:
            client.AppsV1Api(api).patch_namespaced_deployment_scale(
                "worker", self._namespace, {"spec": {"replicas": replicas}}
            )

    @property
    def replicas(self) -> int:
        text = self._api_server.kubectl("get", "deploy/worker", "-n", self._namespace, "-ojson")
        return int(json.loads(text)["spec"]["replicas"])


@pytest.fixture
def workload(api_server: ControlPlane, namespace: str) -> Workload:
    return Workload(api_server, namespace)


@pytest.mark.parametrize("options", [(), _FLUX], ids=["Argo CD", "Flux"])
def test_replicas_stay_that_git_never_had(workload: Workload, options: tuple[str, ...]):
    workload.apply(*options, replicas=None)
    workload.scale()
    workload.apply(*options, replicas=None, image="b")

    assert workload.replicas == SCALED


def test_a_client_side_apply_without_the_line_sets_one_replica(workload: Workload):
    workload.apply(replicas=2)
    workload.scale()
    workload.apply(replicas=None)

    assert workload.replicas == 1


def test_flux_without_the_line_sets_one_replica_if_flux_wrote_last(workload: Workload):
    workload.apply(*_FLUX, replicas=2)
    workload.scale()
    workload.apply(*_FLUX, replicas=2)
    workload.apply(*_FLUX, replicas=None)

    assert workload.replicas == 1


def test_flux_without_the_line_keeps_what_an_autoscaler_wrote_last(workload: Workload):
    workload.apply(*_FLUX, replicas=2)
    workload.scale()
    workload.apply(*_FLUX, replicas=None)

    assert workload.replicas == SCALED


@pytest.mark.parametrize("options", [(), _FLUX], ids=["Argo CD", "Flux"])
@pytest.mark.usefixtures("crd")
def test_a_pause_stays_that_git_never_had(
    api_server: ControlPlane, namespace: str, options: tuple[str, ...]
):
    def apply(most: int) -> None:
        manifest = {
            "apiVersion": "mare.dev/v1alpha1",
            "kind": "QueueAutoscaler",
            "metadata": {"name": "worker"},
            "spec": {
                "scaleTargetRef": {"name": "worker"},
                "brokerRef": {"secretName": "rabbitmq"},
                "queues": [{"name": "work"}],
                "maxReplicas": most,
            },
        }
        api_server.kubectl(
            "apply", "-n", namespace, *options, "-f-", stdin=yaml.safe_dump(manifest)
        )

    apply(8)
    # The request of `mare pause`.
    with api_server.client() as api:
        client.CustomObjectsApi(api).patch_namespaced_custom_object(
            "mare.dev",
            "v1alpha1",
            namespace,
            "queueautoscalers",
            "worker",
            {"spec": {"paused": "All", "pausedReplicas": 3}},
        )
    apply(9)

    spec = json.loads(api_server.kubectl("get", "qa/worker", "-n", namespace, "-ojson"))["spec"]
    assert (spec["maxReplicas"], spec["paused"], spec["pausedReplicas"]) == (9, "All", 3)


Upgrade = Callable[..., str]


@pytest.fixture(params=["helm3", "helm4"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def upgrade(version: str, api_server: ControlPlane, namespace: str, tmp_path: Path) -> Upgrade:
    """Install or upgrade a release with these values; return what Helm prints if it fails."""
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text("image: a\n")
    (chart / "templates" / "worker.yaml").write_text(_TEMPLATE)
    program = programs((version,)) / version

    def upgrade(*values: str) -> str:
        ended = subprocess.run(
            [
                *(str(program), "upgrade", "--install", "release", str(chart)),
                *("-n", namespace, "--kubeconfig", str(api_server.kubeconfig)),
                *(word for value in values for word in ("--set", value)),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return ended.stderr if ended.returncode else ""

    return upgrade


def test_helm_upgrades_keep_replicas_that_the_chart_never_rendered(
    workload: Workload, upgrade: Upgrade
):
    assert upgrade() == ""
    workload.scale()

    assert upgrade("image=b") == ""
    assert workload.replicas == SCALED


def test_a_helm_upgrade_that_renders_replicas_undoes_them_or_fails(
    workload: Workload, upgrade: Upgrade, version: str
):
    assert upgrade("replicas=2") == ""
    workload.scale()
    answer = upgrade("replicas=2", "image=b")

    if version == "helm3":
        assert (answer, workload.replicas) == ("", 2)
    else:
        assert "conflict" in answer
        assert workload.replicas == SCALED


def test_helm_without_the_value_sets_one_replica_or_keeps_them(
    workload: Workload, upgrade: Upgrade, version: str
):
    assert upgrade("replicas=2") == ""
    workload.scale()

    assert upgrade("image=b") == ""
    assert workload.replicas == (1 if version == "helm3" else SCALED)
