"""A private RabbitMQ node with the topology of Maré."""

from typing import Any

from mare.private_broker.node import PrivateNode
from mare_nameko.topology import definitions


class Node(PrivateNode):
    def definitions(self, user: str, password: str) -> dict[str, Any]:
        return definitions(users={user: password})
