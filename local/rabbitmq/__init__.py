"""A private RabbitMQ node on this machine, isolated from other nodes."""

from local.rabbitmq.management import Management
from local.rabbitmq.node import Node

__all__ = ["Management", "Node"]
