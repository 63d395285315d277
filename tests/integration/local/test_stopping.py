"""Processes that are stopped end their work within the grace period."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mare.processes import Command, Group
from tests.integration.local.test_processes import Record, until

WORKER = """
import os, pathlib, signal, sys, time

def stop(*_):
    os.write(1, b"stopping\\n")  # The signal may come in the middle of a print.
    while not pathlib.Path("finish").exists():
        time.sleep(0.01)
    pathlib.Path("done").touch()
    sys.exit()

signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
while True:
    time.sleep(60)
"""


async def wrote(record: Record, line: str) -> None:
    await until(lambda: ("worker-1", line) in record.lines)


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Command]:
    def build(*arguments: str) -> Command:
        return Command(arguments=arguments, environment={"PATH": "/usr/bin:/bin"}, folder=tmp_path)

    return build


def test_a_first_stop_does_not_kill_processes_of_an_earlier_scale_down(
    record: Record, command: Callable[..., Command], tmp_path: Path
):
    async def scenario() -> None:
        worker = command(sys.executable, "-c", WORKER)
        group = Group("worker", lambda _: worker, record, grace=60)
        group.scale(1)
        await wrote(record, "up")
        group.scale(0)
        await wrote(record, "stopping")
        stop = asyncio.create_task(group.stop())
        await asyncio.sleep(0)
        (tmp_path / "finish").touch()
        await stop

    asyncio.run(scenario())
    assert (tmp_path / "done").exists()
    assert record.kills == []


def test_a_worker_in_a_pipe_has_the_rest_of_the_grace_period_after_its_shell(
    record: Record, command: Callable[..., Command], tmp_path: Path
):
    async def scenario() -> None:
        (tmp_path / "worker.py").write_text(WORKER)
        pipe = command("sh", "-c", f"{sys.executable} worker.py | cat")
        group = Group("worker", lambda _: pipe, record, grace=60)
        group.scale(1)
        await wrote(record, "up")
        group.scale(0)
        (tmp_path / "finish").touch()
        await group.settle()

    asyncio.run(scenario())
    assert (tmp_path / "done").exists()
    assert record.kills == []


def test_a_worker_in_a_pipe_that_does_not_end_is_killed_and_reported(
    record: Record, command: Callable[..., Command]
):
    async def scenario() -> None:
        script = "(trap '' TERM; echo up; while :; do sleep 0.05; done) | cat"
        group = Group("worker", lambda _: command("sh", "-c", script), record, grace=0.5)
        group.scale(1)
        await wrote(record, "up")
        group.scale(0)
        await group.settle()

    asyncio.run(scenario())
    assert record.kills == [("worker-1", 0.5)]
