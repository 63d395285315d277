"""The whole application on the cluster: installed once, for all tests that leave it working."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from devcluster.cluster import Cluster
from tests.e2e.application import Application
from tests.e2e.release import chart_with_dependencies, installed, pushed_images


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> Mapping[str, str]:
    """By what name the cluster pulls gateway, services, operator, rabbitmq and valkey."""
    return pushed_images(cluster)


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """charts/playlists with what it depends on."""
    return chart_with_dependencies(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="session")
def application(cluster: Cluster, images: Mapping[str, str], chart: Path) -> Iterator[Application]:
    """The release that tests share: whoever breaks something mends it."""
    with installed(cluster, images, chart) as application:
        yield application
