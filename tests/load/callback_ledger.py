"""What became of each callback, by its id: a receiver in a process of its own, and dead letters."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mare.processes.tcp_ports import free_port
from mare_services.webhooks.command import dead_callbacks
from tests.broker_node import Node

_PROGRAM = Path(__file__).parents[1] / "e2e/programs/receiver.py"
EVENTS = ("job.weather", "job.complete", "job.failed", "job.cancelled", "job.expired")
_PATHS = ("gone", "away", *(f"hook-{number}" for number in range(8)))
"""One job in ten has a receiver that has gone, one a receiver that is always away."""


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as the store has it."""

    id: str
    state: str
    attempt: int

    def callbacks(self) -> Iterable[str]:
        """Yield the ids of the callbacks that are due to a client who wants `EVENTS`."""
        if self.state == "complete":  # its weather is known, and was announced
            yield f"msg_{self.id}_{self.attempt}_weather"
        yield f"msg_{self.id}_{self.attempt}_{self.state}"


@dataclass(frozen=True, slots=True)
class Fates:
    """Ids of callbacks by what became of them; a callback is in the first set that has it.

    Attributes:
        refused: callbacks of jobs whose receiver has answered 410.
        dead: callbacks in the list of ``mare-jobs dead-letters``.
        copies: requests beyond the first that was delivered.
        gone_again: 410s beyond the first of a job: its callbacks are sent at the same time.
    """

    delivered: set[str]
    refused: set[str]
    dead: set[str]
    missing: set[str]
    copies: int
    gone_again: int
    invalid: int


class CallbackLedger:
    """Runs the receiver in the ``with`` block; its lines outlive any process of the system."""

    def __init__(self, folder: Path, secret: str) -> None:
        self._lines = folder / "receiver.log"
        port = free_port()
        self._environ = {"SECRET": secret, "SECONDS_PER_CALLBACK": "0.02", "PORT": str(port)}
        self.urls = [f"http://127.0.0.1:{port}/{path}" for path in _PATHS]

    def __enter__(self) -> Self:
        with self._lines.open("ab") as output:
            command = [sys.executable, str(_PROGRAM)]
            self._process = subprocess.Popen(command, env=os.environ | self._environ, stdout=output)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def fates(self, jobs: Iterable[StoredJob], node: Node) -> Fates:
        """Return what has become of each callback of the jobs so far."""
        return match(jobs, Receipts.of(self._lines.read_text()), dead_letters(node))


@dataclass(frozen=True, slots=True)
class Receipts:
    """What the receiver has printed: a line for each request.

    Attributes:
        requests: id, digest of the body, and status of the answer.
        invalid: requests with a wrong signature.
    """

    requests: list[tuple[str, str, str]]
    invalid: int

    @classmethod
    def of(cls, text: str) -> Self:
        lines = [line.split() for line in text.splitlines()]
        requests = [(line[1], line[2], line[3]) for line in lines if line[0] == "callback"]
        return cls(requests, sum(line[0] == "invalid:" for line in lines))


def match(jobs: Iterable[StoredJob], receipts: Receipts, dead: set[str]) -> Fates:
    due = {each for job in jobs for each in job.callbacks()}
    answers = Counter((name, status) for name, _, status in receipts.requests)
    copies = Counter({name: count for (name, status), count in answers.items() if status == "204"})
    delivered = due & set(copies)
    gone = Counter(job_of(name) for name, _, status in receipts.requests if status == "410")
    refused = {each for each in due if job_of(each) in gone} - delivered
    dead = dead & due - delivered - refused
    return Fates(
        delivered=delivered,
        refused=refused,
        dead=dead,
        missing=due - delivered - refused - dead,
        copies=copies.total() - len(copies),
        gone_again=gone.total() - len(gone),
        invalid=receipts.invalid,
    )


def job_of(webhook_id: str) -> str:
    """Return JOB of msg_JOB_ATTEMPT_EVENT."""
    return webhook_id.split("_")[1]


def dead_letters(node: Node) -> set[str]:
    """Return the ids of the callbacks that ``mare-jobs dead-letters`` lists."""
    with node.connect() as connection:
        return {due.webhook_id for _, due in dead_callbacks(connection.channel(), None)}
