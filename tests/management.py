"""The management API of a broker, as far as a person or a test wants to look into it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mare_nameko.topology import vhost_definitions

TIMEOUT = 60.0
"""Seconds for one request."""


class Management:
    """A client of ``http://user:password@host:port``."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self.user = parts.username or "guest"
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
        self._session = requests.Session()
        self._session.trust_env = False
        # RabbitMQ closes a connection whose request it has not read within 5 s, without an answer.
        self._session.headers["Connection"] = "close"
        self._session.mount(self._base, HTTPAdapter(max_retries=Retry(connect=0, read=2)))
        self._session.auth = (self.user, parts.password or "guest")

    def call(self, method: str, *path: str, body: object = None, **query: str) -> Any:
        """Return the decoded answer (None if empty); raise requests.RequestException."""
        answer = self._session.request(
            method,
            "/".join([self._base, *(quote(part, safe="") for part in path)]),
            json=body,
            params=query,
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def version(self) -> str:
        return str(self.call("GET", "overview")["rabbitmq_version"])

    def create_vhost(self, name: str) -> None:
        """Create a virtual host with our exchanges, queues and policies, and full permissions."""
        self.call("PUT", "vhosts", name, body={"default_queue_type": "quorum"})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.call("PUT", "permissions", name, self.user, body=everything)
        self.call("POST", "definitions", name, body=vhost_definitions())

    def delete_vhost(self, name: str) -> None:
        self.call("DELETE", "vhosts", name)

    def queues(self, vhost: str) -> list[dict[str, Any]]:
        """Return name, type, exclusive, arguments, policy, messages, consumers... of each queue.

        Consumers, and messages of quorum queues, are up to a second old on a private node.
        """
        totals = self.call("GET", "queues", vhost, disable_stats="true", enable_queue_totals="true")
        counts = {queue["name"]: queue for queue in totals}
        return [
            {**queue, **{key: value for key, value in counts[name].items() if value is not None}}
            for queue in self.call("GET", "queues", vhost)
            if (name := queue["name"]) in counts
        ]

    def connections(self, vhost: str) -> list[dict[str, Any]]:
        return list(self.call("GET", "vhosts", vhost, "connections"))

    def close_connections(self, names: Iterable[str]) -> None:
        for name in names:
            self.call("DELETE", "connections", name)

    def listens(self, port: int) -> bool:
        """Return whether the broker accepts AMQP connections on ``port``; False while it boots."""
        try:
            self.call("GET", "health", "checks", "port-listener", str(port))
        except requests.RequestException:
            return False
        return True

    def close(self) -> None:
        self._session.close()
