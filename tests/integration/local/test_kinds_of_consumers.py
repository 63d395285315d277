"""Conditions about consumers that more replicas do not help, run by `tests.load.consumers`."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(900)]

SECONDS = 600
"""The longest run; it ends as soon as the condition is reported."""


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        ("no-ack", "WorkVisible is False: AutomaticAcknowledgement"),
        ("requeued", "DeliveriesEnd is False: RedeliveredAgain"),
        ("expires", "EventsSafe is True: QueuesKept"),
    ],
)
def test_a_condition_says_what_the_consumers_do(kind: str, condition: str) -> None:
    reason = condition.rsplit(maxsplit=1)[-1]
    command = ["-m", "tests.load.consumers", kind, "--seconds", str(SECONDS), "--until", reason]
    ended = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=850, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert condition in ended.stdout
