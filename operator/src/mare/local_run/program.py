"""A program of which any number of copies may run here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mare.local_run.variables import expand
from mare.processes import Command
from mare.processes.tcp_ports import free_port

NUMBER = "MARE_NUMBER"
"""The variable that tells each copy which one it is, from 1 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Where a copy says whether it is ready: with 200 on this path of 127.0.0.1."""

    path: str
    variable: str | None
    """The variable that tells a copy its port."""
    port: int | None
    """The port of the only copy; None lets each have a free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    name: str
    arguments: tuple[str, ...]
    """As they are written; variables are put in for each copy."""
    environment: Mapping[str, str] = field(repr=False)
    """All of it."""
    folder: Path
    probe: Probe | None
    stop_seconds: float
    """Between SIGTERM and SIGKILL."""
    replicas: int
    """Copies at the start, and for ever if no autoscaler changes it."""

    _ports: dict[int, int] = field(default_factory=dict, init=False, repr=False)

    def command(self, number: int) -> Command:
        """Return the command of copy ``number``, which counts from 1."""
        environment = {**self.environment, NUMBER: str(number)}
        port = self.ready_port(number)
        if port is not None and self.probe is not None and self.probe.variable is not None:
            environment[self.probe.variable] = str(port)
        return Command(
            arguments=tuple(expand(word, environment) for word in self.arguments),
            environment=environment,
            folder=self.folder,
        )

    def ready_port(self, number: int) -> int | None:
        """The port of a copy, the same whenever it starts again; None without a probe."""
        if self.probe is None:
            return None
        if number not in self._ports:
            self._ports[number] = self.probe.port or free_port()
        return self._ports[number]
