"""A service in its own process, started as in production, and a way to call it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import amqp

from tests.vhost import Vhost, eventually

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(
    vhost: Vhost, service: str, *, queue: str = "", **environ: str
) -> Iterator[subprocess.Popen[str]]:
    """Run ``service`` (a name, or ``package.module:Class``) and yield it when it consumes.

    It consumes ``queue`` then, by default its queue of requests.

    Its output, standard error included, is readable with ``communicate`` while it runs.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "mare_nameko.service", "run", service],
        env=os.environ
        | {
            "AMQP_URI": vhost.amqp_uri,
            "RUNTIME_HEALTH_PORT": "0",
            "LOG_LEVEL": "DEBUG",
            "PYTHONPATH": str(ROOT),
        }
        | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    queue = queue or f"rpc-{environ.get('SERVES', service)}"
    try:
        eventually(lambda: _consumes(process, vhost, queue))
        yield process
    finally:
        process.kill()
        process.communicate()


def _consumes(process: "subprocess.Popen[str]", vhost: Vhost, queue: str) -> bool:
    if process.poll() is not None:
        output, _ = process.communicate()
        raise AssertionError(f"the service ended with {process.returncode}:\n{output}")
    return queue in vhost.queues() and vhost.depth(queue).consumers > 0


def call(
    vhost: Vhost, method: str, request: Any, seconds: float = 30.0, **headers: Any
) -> dict[str, Any]:
    """Return the reply of ``music.compose`` and its like: ``result``, ``error``, ``seconds``."""
    replies: list[amqp.Message] = []
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.basic_consume("amq.rabbitmq.reply-to", no_ack=True, callback=replies.append)
        message = amqp.Message(
            json.dumps({"args": [request], "kwargs": {}}),
            content_type="application/json",
            content_encoding="utf-8",
            reply_to="amq.rabbitmq.reply-to",
            correlation_id="1",
            application_headers={f"nameko.{name}": value for name, value in headers.items()},
        )
        started = time.monotonic()
        channel.basic_publish(message, exchange="nameko-rpc", routing_key=method)
        while not replies:
            connection.drain_events(timeout=seconds)
        return json.loads(replies[0].body) | {"seconds": time.monotonic() - started}
