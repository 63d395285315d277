"""Brokers in containers of the chart's own manifests: shared ones, and a test's own."""

import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.broker import (
    PASSWORDS,
    SHARED_SECRETS,
    SHARED_VALUES,
    Broker,
    Brokers,
    SharedBroker,
)
from tests.charts.rabbitmq.cluster import Cluster
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.nodes import NAMES, ONE, Node, Nodes, RunJob, Values
from tests.charts.rabbitmq.secrets_api import SecretsApi, serving
from tests.debian_rabbitmq import cached_rootfs


@pytest.fixture(scope="session")
def debian() -> Path:
    """A root folder with RabbitMQ 4."""
    if os.geteuid():
        pytest.skip("Only root can start a container out of a folder.")
    return cached_rootfs()


@pytest.fixture(scope="session")
def shared_secrets_api() -> Iterator[SecretsApi]:
    with serving() as api:
        yield api


@pytest.fixture
def secrets_api(shared_secrets_api: SecretsApi) -> SecretsApi:
    """An API server without any Secret."""
    shared_secrets_api.clear()
    return shared_secrets_api


@pytest.fixture
def node(
    helm: Helm, debian: Path, tmp_path: Path, secrets_api: SecretsApi
) -> Iterator[Callable[..., Broker]]:
    """Make a node of the test's own with these values and Secrets; it is not started yet."""
    brokers = Brokers(helm, debian, tmp_path, secrets_api)
    made: list[Broker] = []

    def make(*of: Any, **options: Any) -> Broker:
        made.append(brokers.make(*of, **options))
        return made[-1]

    yield make
    for broker in made:
        broker.close()


@pytest.fixture(scope="session")
def shared_broker(
    helm: Helm,
    debian: Path,
    tmp_path_factory: pytest.TempPathFactory,
    shared_secrets_api: SecretsApi,
) -> Iterator[SharedBroker]:
    folder = tmp_path_factory.mktemp("broker")
    brokers = Brokers(helm, debian, folder, shared_secrets_api)
    broker = brokers.make(SHARED_VALUES, SHARED_SECRETS)
    try:
        yield SharedBroker(broker)
    finally:
        broker.close()


@pytest.fixture
def broker(shared_broker: SharedBroker, secrets_api: SecretsApi) -> Broker:
    """A node with SHARED_VALUES that runs, as after its start: do not stop it."""
    return shared_broker.restore()


@pytest.fixture(scope="session")
def shared_cluster(
    helm: Helm, debian: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(helm, debian, folder, passwords=PASSWORDS) as cluster:
        yield cluster


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    """Three nodes that run and are one cluster, without queues; a test may stop any of them."""
    return shared_cluster.restore()


@pytest.fixture
def empty_cluster(shared_cluster: Cluster) -> Cluster:
    """Three nodes without data, of which none runs."""
    return shared_cluster.clear()


@pytest.fixture
def run(helm: Helm, tmp_path: Path) -> RunJob:
    """Run a Job of an upgrade of these running nodes; all members run unless others are named."""

    def run(
        task: str,
        running: list[Node],
        *,
        before: Values | None = ONE,
        upgrade: Values = ONE | {"logLevel": "debug"},
        version: str = "4.2.4",
        members: int = 0,
        lost: Collection[str] = (),
        release: str = "shop",
        former: str = "",
    ) -> tuple[int, str]:
        nodes = Nodes(
            tmp_path,
            NAMES[: members or len(running)],
            dict(zip(NAMES, running, strict=False)),
        )
        old = None if before is None else helm.template(CHART, before)
        new = helm.template(CHART, upgrade, name=release)
        return nodes.run(task, old, new, version, lost, former=former)

    return run
