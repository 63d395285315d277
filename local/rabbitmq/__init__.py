"""A RabbitMQ node of our own on this machine, beside whatever else runs on it."""

from local.rabbitmq.management import Management
from local.rabbitmq.node import Node

__all__ = ["Management", "Node"]
