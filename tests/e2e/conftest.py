"""The whole application on the cluster, installed once for all tests."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from devcluster.cluster import Cluster
from tests.e2e.application import Application
from tests.e2e.release import chart_with_dependencies, installed, pushed_images


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> Mapping[str, str]:
    """References of the images of gateway, services, operator, rabbitmq, valkey and postgresql."""
    return pushed_images(cluster)


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """$PACKAGED_CHART, by default a copy of charts/playlists with its dependencies."""
    if packaged := os.environ.get("PACKAGED_CHART"):
        return Path(packaged)
    return chart_with_dependencies(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="package")
def application(cluster: Cluster, images: Mapping[str, str], chart: Path) -> Iterator[Application]:
    """The release that the tests share: a test that breaks a part repairs it.

    It ends with the last of them: its twenty Pods would slow down all tests after them.
    """
    with installed(cluster, images, chart) as application:
        yield application
