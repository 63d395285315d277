"""A jobs service for benchmarks: each read returns a new attempt of the job, at once."""

import itertools
import json
import subprocess
import sys
import time
from typing import Self

import amqp

from tests.broker_node import Node

LARGE = 999_999
"""Number of the job whose record has 200 kB."""


def job_id(number: int) -> str:
    return f"019ab000-0000-7000-8000-{number:012}"


class FakeJobs:
    """Serves `rpc-jobs` in a process of its own; use it in a ``with`` block."""

    def __init__(self, node: Node) -> None:
        self._uri = node.amqp_uri

    def __enter__(self) -> Self:
        self._process = subprocess.Popen([sys.executable, "-m", __name__, self._uri])
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def serve(uri: str) -> None:
    """Answer calls of `jobs.get` until killed."""
    address = _address(uri)
    attempts = itertools.count(1)
    with amqp.Connection(**address) as connection:
        channel = connection.channel()
        channel.exchange_declare("nameko-rpc", "topic", durable=True, auto_delete=False)
        channel.exchange_declare("jobs.events", "topic", durable=True, auto_delete=False)
        channel.queue_declare(
            "rpc-jobs", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
        )
        channel.queue_bind("rpc-jobs", "nameko-rpc", routing_key="jobs.*")

        def answer(call: amqp.Message) -> None:
            job = json.loads(call.body)["args"][0]["id"]
            filler = "x" * (200_000 if job == job_id(LARGE) else 2_000)
            record = {
                "id": job, "state": "partial", "attempt": next(attempts),
                "changed_at": time.time(), "weather": filler,
            }  # fmt: skip
            channel.basic_publish(
                amqp.Message(
                    json.dumps({"result": record, "error": None}),
                    content_type="application/json",
                    content_encoding="utf-8",
                    correlation_id=call.properties["correlation_id"],
                ),
                exchange="nameko-rpc",
                routing_key=call.properties["reply_to"],
            )

        channel.basic_consume("rpc-jobs", no_ack=True, callback=answer)
        while True:
            connection.drain_events()


def _address(uri: str) -> dict[str, str]:
    login, _, place = uri.removeprefix("amqp://").partition("@")
    user, _, password = login.partition(":")
    return {"host": place.partition("/")[0], "userid": user, "password": password}


if __name__ == "__main__":
    serve(sys.argv[1])
