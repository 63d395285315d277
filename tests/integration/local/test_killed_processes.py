"""A process that does not end within its grace period is reported."""

import asyncio
from dataclasses import dataclass, field

import pytest

from mare.processes import Command, Group


@dataclass
class Record:
    lines: list[str] = field(default_factory=list)
    kills: list[tuple[str, float]] = field(default_factory=list)

    def wrote(self, name: str, line: str) -> None:
        self.lines.append(line)

    def ended(self, name: str, code: int, again_in: float) -> None: ...

    def killed(self, name: str, seconds: float) -> None:
        self.kills.append((name, seconds))


@pytest.mark.parametrize(
    ("trap", "grace", "kills"), [("trap '' TERM", 0.5, 1), ("trap 'exit' TERM", 60.0, 0)]
)
def test_a_process_that_is_killed_at_the_end_of_its_grace_period_is_reported(
    trap: str, grace: float, kills: int
) -> None:
    async def scenario() -> None:
        script = f"{trap}; echo $$; while :; do sleep 0.05; done"
        command = Command(arguments=("/bin/sh", "-c", script), environment={"PATH": "/bin"})
        group = Group("worker", lambda _: command, record, grace=grace)
        group.scale(1)
        while not record.lines:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
        group.scale(0)
        await group.settle()

    record = Record()
    asyncio.run(scenario())
    assert record.kills == [("worker-1", grace)] * kills
