"""Both Helms that people have."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from devcluster.programs import programs
from tests.charts.accepting import Object, try_all
from tests.charts.definitions import definitions
from tests.charts.helm import Helm
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
def custom_resources(api_server: ControlPlane, crd: Path) -> None:
    """Objects of other projects can be created too: routes and monitors."""
    for file in definitions():
        api_server.define(file)


@pytest.fixture
def accept(
    api_server: ControlPlane, custom_resources: None, namespace: str
) -> Callable[[Iterable[Object]], None]:
    """Give the API server objects of the fixture ``namespace``; raises KubectlFailed."""
    return lambda objects: try_all(api_server, namespace, objects)
