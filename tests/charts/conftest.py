"""Both Helms that people have, and what evaluates PromQL."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from devcluster.programs import debian_program, programs
from local.packages import may_install
from tests.charts.accepting import RESTRICTED, Object, try_all
from tests.charts.definitions import definitions
from tests.charts.helm import NAMESPACE, Helm
from tests.control_plane import ControlPlane


def _helms() -> Path:
    return programs(("helm3", "helm4"))


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Helm 4."""
    return Helm(_helms() / "helm4")


@pytest.fixture(scope="session", params=["helm3", "helm4"])
def each_helm(request: pytest.FixtureRequest) -> Helm:
    """Helm 3, then Helm 4."""
    return Helm(_helms() / request.param)


@pytest.fixture(scope="session")
def promtool() -> Path:
    if own := shutil.which("promtool"):
        return Path(own)
    if not may_install():
        pytest.skip("promtool is not installed, and only root can install packages")
    return debian_program("prometheus", "promtool")


@pytest.fixture(scope="session")
def custom_resources(api_server: ControlPlane, crd: Path) -> None:
    """Objects of other projects can be created too: routes and monitors."""
    for file in definitions():
        api_server.define(file)


@pytest.fixture(scope="session")
def accept(api_server: ControlPlane, custom_resources: None) -> Callable[[Iterable[Object]], None]:
    """Give the API server objects of the namespace that Helm renders for; raises KubectlFailed."""
    api_server.kubectl("create", "namespace", NAMESPACE)
    api_server.kubectl("label", "namespace", NAMESPACE, RESTRICTED)
    return lambda objects: try_all(api_server, NAMESPACE, objects)
