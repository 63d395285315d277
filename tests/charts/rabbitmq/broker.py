"""One node of the chart, with Jobs beside it: a test's own, or one that tests share."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import amqp

from tests.charts.helm import Helm
from tests.charts.rabbitmq.container import Container, Ports
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.secrets_api import SecretsApi
from tests.vhost import eventually

PASSWORDS = {
    "erlang-cookie": "COOKIE0123456789",
    "admin-password": "admin-1",
    "operator-password": "operator-1",
    "services-password": "services-1\n",
    "gateway-password": "gateway-1",
    "leaver-password": "leaver-1",
    "odd-password": 'quote" backslash\\ percent% @/:é',
}
MINE = {"name": "mine", "pattern": "^mine$", "definition": {"max-length": 1}}
_OWN_DEFINITIONS = {
    "users": [{"name": "me", "password": "me-1", "tags": []}],
    "policies": [{**MINE, "name": "theirs", "vhost": "/"}],
}
SHARED_VALUES: Mapping[str, Any] = {
    "definitions": {"existingSecret": "more", "queues": [{"name": "ours", "durable": True}]},
    "extraConfigSecret": "limits",
    "users": {
        "leaver": {},
        "odd": {"permissions": {"configure": "", "write": "", "read": ""}},
    },
}
SHARED_SECRETS = {
    "more": {"own.json": json.dumps(_OWN_DEFINITIONS)},
    "limits": {"10-limits.conf": "heartbeat = 37"},
}
_BEFORE = ("preflight", "rollback")
"""Jobs that run while the ConfigMap is still that of the release before."""
_USERS = "definitions/10-users.json"
"""The passwords of a start, which a node imports at each start of its application."""
_BOOT_SECONDS = 90.0
_JOB_SECONDS = 150.0


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

    def connect(self, user: str, password: str) -> amqp.Connection:
        """Return an open connection; raises amqp.AccessRefused."""
        address = f"127.0.0.1:{self.ports.amqp}"
        connection = amqp.Connection(address, userid=user, password=password, connect_timeout=60)
        connection.connect()
        return connection

    def valid_passwords(self, user: str, *passwords: str) -> list[str]:
        """Return those of the passwords that the broker accepts."""
        return [each for each in passwords if self._accepts(user, each)]

    def _accepts(self, user: str, password: str) -> bool:
        try:
            self.connect(user, password).close()
        except amqp.AccessRefused:
            return False
        return True

    def close(self) -> None:
        self.management.close()
        self.container.kill()


class SharedBroker:
    """A broker that runs; what its users may do and what it holds can be restored."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        broker.start()
        self._definitions = broker.management.call("GET", "definitions")
        self._users = broker.container.exec("cat", f"/var/lib/rabbitmq/{_USERS}")

    def restore(self) -> Broker:
        """Return it with the passwords, users, policies, queues and exchanges of its start.

        A Job deletes the file of users.
        """
        call = self._broker.management.call
        for path in _paths(call("GET", "definitions")) - _paths(self._definitions):
            call("DELETE", *path)
        call("POST", "definitions", body=self._definitions)
        self._broker.container.write("home", {_USERS: self._users}, 0o444)
        self._broker.passwords.clear()
        self._broker.passwords.update(PASSWORDS)
        return self._broker


def _paths(definitions: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Return where the management API has what is defined."""
    return {("users", each["name"]) for each in definitions["users"]} | {
        (kind, each["vhost"], each["name"])
        for kind in ("queues", "exchanges", "policies")
        for each in definitions[kind]
    }


@dataclass(frozen=True, slots=True)
class Brokers:
    """Makes nodes from ``root`` whose files are in ``folder``."""

    helm: Helm
    root: Path
    folder: Path
    secrets_api: SecretsApi

    def make(
        self,
        values: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        *,
        tls: bool = False,
    ) -> Broker:
        """Make a node with these values, and further Secrets by name; it is not started yet."""
        ports = Ports()
        own = ports.values(tls=tls)
        manifests = self.helm.template(CHART, {**own, **(values or {})})
        passwords = dict(PASSWORDS)
        known = {"shop-rabbitmq-credentials": passwords, **(secrets or {})}

        def job(task: str, upgrade: Mapping[str, Any]) -> Container:
            upgraded = self.helm.template(CHART, {**own, **upgrade})
            self.secrets_api.set("shop-rabbitmq-credentials", passwords)
            return Container(
                self.root,
                Path(tempfile.mkdtemp(prefix=task, dir=self.folder)),
                manifests if task in _BEFORE else upgraded,
                known,
                job=upgraded.job(f"shop-rabbitmq-{task}"),
                environment=ports.epmd | self.secrets_api.environment,
                account=self.secrets_api.account if task == "connections" else None,
            )

        return Broker(Container(self.root, self.folder, manifests, known), ports, passwords, job)
