"""A real Kubernetes for the tests that need one, with or without a node: started once for all."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devcluster.programs import CONTROL_PLANE, programs

if TYPE_CHECKING:
    from devcluster.cluster import Cluster
    from tests.control_plane import ControlPlane

_CRD = Path(__file__).parents[1] / "charts/operator/crds/queueautoscalers.mare.dev.yaml"


def _programs() -> Path:
    return programs(CONTROL_PLANE)


def _control_plane(folder: Path) -> "ControlPlane":
    # Half a second of imports that every run of unit tests would pay.
    from tests.control_plane import ControlPlane  # noqa: PLC0415

    return ControlPlane(_programs(), folder)


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["ControlPlane"]:
    """The control plane that all tests share: do not kill it."""
    with _control_plane(tmp_path_factory.mktemp("api-server")) as control_plane:
        yield control_plane


@pytest.fixture(scope="session")
def crd(api_server: "ControlPlane") -> Path:
    """QueueAutoscalers can be created; the file that defines them."""
    api_server.define(_CRD)
    return _CRD


@pytest.fixture(scope="module")
def own_api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["ControlPlane"]:
    """A control plane of the module's own, whose API server it may kill and start again."""
    with _control_plane(tmp_path_factory.mktemp("own-api-server")) as control_plane:
        yield control_plane


_numbers = itertools.count(1)


@pytest.fixture
def namespace(api_server: "ControlPlane") -> Iterator[str]:
    """Name of a fresh namespace, which goes with all that is in it after the test."""
    name = f"test-{next(_numbers)}"
    api_server.kubectl("create", "namespace", name)
    yield name
    api_server.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def cluster() -> Iterator["Cluster"]:
    """A cluster that runs Pods: the one that `make cluster` started, or one for this session.

    Tests that use it belong in tests/e2e.
    """
    from devcluster.choosing import cluster_for_tests  # noqa: PLC0415

    with cluster_for_tests() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def skaffold() -> Path:
    """The program; have the folder of ``helm3`` on its PATH."""
    return programs(["skaffold"], "skaffold") / "skaffold"


@pytest.fixture(scope="session")
def helm3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Helm 3 as a program called ``helm``: Skaffold asks it what Helm 4 does not answer."""
    program = tmp_path_factory.mktemp("helm3") / "helm"
    program.symlink_to(programs(["helm3"]) / "helm3")
    return program
