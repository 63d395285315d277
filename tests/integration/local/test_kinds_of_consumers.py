"""Conditions about consumers that more replicas do not help, as `tests.load.consumers` runs them."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(480)]

SECONDS = 360
"""The longest run; it ends as soon as the condition is reported."""


@pytest.mark.parametrize(
    ("kind", "reason", "text"),
    [
        ("no-ack", "AutomaticAcknowledgement", "WorkVisible is False"),
        ("requeued", "RedeliveredAgain", "messages come back again and again"),
        ("celery-countdown", "MessagesHeld", "PrefetchSuitable is False"),
        ("expires", "QueuesKept", "EventsSafe is True"),
    ],
)
def test_a_condition_says_what_the_consumers_do(kind: str, reason: str, text: str) -> None:
    command = ["-m", "tests.load.consumers", kind, "--seconds", str(SECONDS), "--until", reason]
    ended = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=460, check=False
    )
    assert ended.returncode == 0, ended.stderr
    (found,) = (line for line in ended.stdout.splitlines() if f"    {reason}" in line)
    assert text in found
