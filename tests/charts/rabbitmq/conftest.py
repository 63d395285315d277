"""A broker's container from the chart's own manifests."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.container import Container, Ports
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.secrets_api import SecretsApi, serving
from tests.debian_rabbitmq import cached_rootfs
from tests.vhost import eventually

PASSWORDS = {
    "erlang-cookie": "COOKIE0123456789",
    "admin-password": "admin-1",
    "operator-password": "operator-1",
    "services-password": "services-1\n",
    "gateway-password": "gateway-1",
    "leaver-password": "leaver-1",
}
_BEFORE = ("preflight", "rollback")
"""Jobs that run while the ConfigMap is still that of the release before."""
_BOOT_SECONDS = 90.0
_JOB_SECONDS = 150.0


@pytest.fixture(scope="session")
def debian() -> Path:
    """A root folder with RabbitMQ 4."""
    if os.geteuid():
        pytest.skip("Only root can start a container out of a folder.")
    return cached_rootfs()


class Broker:
    """One node of the chart, on ports of its own; ``jobs`` makes a Job's container beside it."""

    def __init__(
        self,
        container: Container,
        ports: Ports,
        passwords: dict[str, str],
        jobs: Callable[[str, Mapping[str, Any]], Container],
    ) -> None:
        self._jobs = jobs
        self.container = container
        self.ports = ports
        self.passwords = passwords
        self.management = container.management(ports, "admin", passwords["admin-password"])

    def start(self) -> None:
        self.container.start()
        eventually(self._listens_or_ended, _BOOT_SECONDS)
        assert self.container.running, self.container.log()

    def job(
        self,
        task: str,
        values: Mapping[str, Any] | None = None,
    ) -> tuple[int, str]:
        """Run a Job of an upgrade to ``values``; return its exit code and what it said."""
        container = self.prepare_job(task, values)
        container.start()
        return container.wait(_JOB_SECONDS), container.log()

    def prepare_job(self, task: str, values: Mapping[str, Any] | None = None) -> Container:
        return self._jobs(task, values or {})

    def _listens_or_ended(self) -> bool:
        return not self.container.running or self.management.listens(self.ports.amqp)

    def uri(self, user: str, password: str) -> str:
        return f"amqp://{user}:{password}@127.0.0.1:{self.ports.amqp}/%2F"


@pytest.fixture
def secrets_api() -> Iterator[SecretsApi]:
    with serving() as api:
        yield api


@pytest.fixture
def node(
    helm: Helm, debian: Path, tmp_path: Path, secrets_api: SecretsApi
) -> Iterator[Callable[..., Broker]]:
    """Make a node with these values, and further Secrets by name; it is not started yet."""
    made: list[Broker] = []

    def make(
        values: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        *,
        tls: bool = False,
    ) -> Broker:
        ports = Ports()
        own = ports.values(tls=tls)
        manifests = helm.template(CHART, {**own, **(values or {})})
        passwords = dict(PASSWORDS)
        known = {"shop-rabbitmq-credentials": passwords, **(secrets or {})}

        def job(task: str, upgrade: Mapping[str, Any]) -> Container:
            upgraded = helm.template(CHART, {**own, **upgrade})
            secrets_api.set("shop-rabbitmq-credentials", passwords)
            return Container(
                debian,
                Path(tempfile.mkdtemp(prefix=task, dir=tmp_path)),
                manifests if task in _BEFORE else upgraded,
                known,
                job=upgraded.job(f"shop-rabbitmq-{task}"),
                environment=ports.epmd | secrets_api.environment,
                account=secrets_api.account if task == "connections" else None,
            )

        broker = Broker(Container(debian, tmp_path, manifests, known), ports, passwords, job)
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.management.close()
        broker.container.kill()
