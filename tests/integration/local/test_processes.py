"""Child processes: restarted when they end, killed when they ignore SIGTERM, never orphaned."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mare.backoff import Backoff
from mare.processes import Command, Group, replica
from tests.vhost import eventually

SOON = 60.0


def quick() -> Backoff:
    return Backoff(first=0.01, longest=0.05)


def slow() -> Backoff:
    return Backoff(first=60, longest=60)


@dataclass
class Record:
    lines: list[tuple[str, str]] = field(default_factory=list)
    ends: list[tuple[str, int, float]] = field(default_factory=list)
    kills: list[tuple[str, float]] = field(default_factory=list)

    def wrote(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def ended(self, name: str, code: int, again_in: float) -> None:
        self.ends.append((name, code, again_in))

    def killed(self, name: str, seconds: float) -> None:
        self.kills.append((name, seconds))

    def pids(self) -> list[int]:
        return [int(line) for _, line in self.lines if line.isdigit()]


def python(script: str) -> Callable[[int], Command]:
    return lambda number: Command(
        arguments=(sys.executable, "-u", "-c", f"import os; print(os.getpid())\n{script}"),
        environment={"NUMBER": str(number)},
    )


SLEEP = python("import time; time.sleep(600)")
DIE = python("raise SystemExit(3)")
STUBBORN = python(
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: print('asked to stop'))\n"
    "print('deaf')\n"
    "while True: time.sleep(600)"
)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110 - most conditions lie outside this process
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_dying_child_is_reported_and_restarted_with_growing_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replica, "_HEALTHY_SECONDS", 600.0)  # a busy machine starts it slowly
    record = Record()

    async def scenario() -> None:
        group = Group("dying", DIE, record, new_backoff=quick)
        group.scale(1)
        await until(lambda: len(record.ends) >= 4)
        await group.stop()

    asyncio.run(scenario())
    assert record.ends[:4] == [("dying-1", 3, wait) for wait in (0.01, 0.02, 0.04, 0.05)]
    assert not any(alive(pid) for pid in record.pids())


def test_a_child_that_lived_long_enough_restarts_after_the_first_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replica, "_HEALTHY_SECONDS", 0.0)
    record = Record()

    async def scenario() -> None:
        group = Group("healthy", DIE, record, new_backoff=quick)
        group.scale(1)
        await until(lambda: len(record.ends) >= 3)
        await group.stop()

    asyncio.run(scenario())
    assert {wait for _, _, wait in record.ends} == {0.01}


def test_the_number_of_processes_follows_scale() -> None:
    record = Record()

    def numbers() -> list[str]:
        return sorted(line for _, line in record.lines if line.startswith("number"))

    async def scenario() -> list[int]:
        group = Group(
            "many",
            python("print('number', os.environ['NUMBER'])\nimport time; time.sleep(600)"),
            record,
        )
        group.scale(3)
        await until(lambda: len(numbers()) == 3)
        group.scale(1)
        await group.settle()
        left = [pid for pid in record.pids() if alive(pid)]
        assert list(group.replicas) == [1]
        group.scale(2)
        await until(lambda: len(numbers()) == 4)
        await group.stop()
        assert not group.replicas
        return left

    assert len(asyncio.run(scenario())) == 1
    assert not any(alive(pid) for pid in record.pids())
    assert numbers() == ["number 1", "number 2", "number 2", "number 3"]
    assert record.ends == []


def test_idle_processes_stop_first_and_among_equals_the_newest() -> None:
    record = Record()

    async def scenario() -> list[list[int]]:
        group = Group("choice", SLEEP, record)
        group.scale(5)
        await until(lambda: len(record.pids()) == 5)
        left = []
        for replicas in (4, 3, 2, 1):
            group.scale(replicas, {"choice-2": 1, "choice-4": 2, "choice-5": 3})
            left.append(list(group.replicas))
        await group.stop()
        return left

    assert asyncio.run(scenario()) == [[1, 2, 4, 5], [2, 4, 5], [4, 5], [5]]


def test_a_process_that_waits_for_its_restart_stops_before_running_ones() -> None:
    record = Record()
    fragile = python(
        "print('up', flush=True)\nimport time\n"
        "if os.environ['NUMBER'] == '1': raise SystemExit(3)\ntime.sleep(600)"
    )

    async def scenario() -> list[int]:
        group = Group("fragile", fragile, record, new_backoff=slow)
        group.scale(2)
        await until(lambda: record.ends and len(record.pids()) == 2)
        group.scale(1)
        left = list(group.replicas)
        await group.stop()
        return left

    assert asyncio.run(scenario()) == [2]


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace_period() -> None:
    record = Record()

    async def scenario() -> float:
        group = Group("stubborn", STUBBORN, record, grace=0.2)
        group.scale(1)
        await until(lambda: ("stubborn-1", "deaf") in record.lines)
        clock = asyncio.get_running_loop().time
        began = clock()
        await group.stop()
        return clock() - began

    assert 0.2 <= asyncio.run(scenario()) < 15
    assert not alive(record.pids()[0])


def test_a_second_stop_does_not_wait_for_the_grace_period() -> None:
    record = Record()

    async def scenario() -> None:
        group = Group("stubborn", STUBBORN, record, grace=600)
        group.scale(1)
        await until(lambda: ("stubborn-1", "deaf") in record.lines)
        first = asyncio.create_task(group.stop())
        await until(lambda: ("stubborn-1", "asked to stop") in record.lines)
        async with asyncio.timeout(15):
            await group.stop()
            await first

    asyncio.run(scenario())
    assert not alive(record.pids()[0])


def test_children_of_a_child_end_with_it_and_do_not_delay_its_restart() -> None:
    record = Record()
    script = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"

    async def scenario() -> None:
        group = Group("parent", python(script), record, new_backoff=slow)
        group.scale(1)
        await until(lambda: record.ends)
        await group.stop()

    asyncio.run(scenario())
    assert len(record.pids()) == 2
    eventually(lambda: not any(alive(pid) for pid in record.pids()), 15)


def test_long_lines_and_invalid_utf8_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "_DRAIN_SECONDS", 600.0)  # all is read: no child keeps it open
    record = Record()
    script = "import sys; sys.stdout.buffer.write(b'x' * 100_000 + b'\\n\\xff\\nlast')"

    async def scenario() -> None:
        group = Group("wordy", python(script), record, new_backoff=slow)
        group.scale(1)
        await until(lambda: record.ends)
        await group.stop()

    asyncio.run(scenario())
    _, *pieces, odd, last = [line for _, line in record.lines]
    assert "".join(pieces) == "x" * 100_000
    assert (odd, last) == ("\ufffd", "last")


def test_a_program_that_does_not_exist_is_reported_as_ended() -> None:
    record = Record()

    async def scenario() -> None:
        command = Command(arguments=("/no/such/program",), environment={})
        group = Group("missing", lambda _: command, record, new_backoff=quick)
        group.scale(1)
        await until(lambda: len(record.ends) >= 2)
        await group.stop()

    asyncio.run(scenario())
    assert {code for _, code, _ in record.ends} == {127}
    assert any("/no/such/program" in line for _, line in record.lines)


PARENT = """
import asyncio
from mare.processes import Command, Group

class Show:
    def wrote(self, name, line): print(line, flush=True)
    def ended(self, name, code, again_in): pass
    def killed(self, name, seconds): pass

async def main():
    script = "trap '' TERM; echo $$; exec sleep 600"
    command = Command(arguments=("/bin/sh", "-c", script), environment={})
    Group("orphan", lambda _: command, Show()).scale(2)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV])
def test_no_orphan_remains_when_the_parent_is_killed(end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        assert all(alive(pid) for pid in pids)
        parent.send_signal(end)
        parent.wait(SOON)
    eventually(lambda: not any(alive(pid) for pid in pids), 15)
