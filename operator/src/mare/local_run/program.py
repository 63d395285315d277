"""A command of a file, of which any number of processes can run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mare.processes import Command
from mare.processes.tcp_ports import free_port

NUMBER = "MARE_NUMBER"
"""The variable with the number of the process, which counts from 1."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A readiness probe: GET `path` on 127.0.0.1 returns 200 when the process is ready."""

    path: str
    variable: str | None
    """The variable in which each process receives its port."""
    port: int | None
    """The port of the only process; None gives each process a free port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    name: str
    arguments: tuple[str, ...]
    """As written in the file; variables are expanded for each process."""
    environment: Mapping[str, str] = field(repr=False)
    """All variables; nothing is inherited."""
    folder: Path
    probe: Probe | None
    stop_seconds: float
    """Seconds between SIGTERM and SIGKILL."""
    replicas: int
    """Number of processes at the start. It never changes without an autoscaler."""

    _ports: dict[int, int] = field(default_factory=dict, init=False, repr=False)

    def command(self, number: int) -> Command:
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
        """Return the port of a process, the same after each restart; None without a probe."""
        if self.probe is None:
            return None
        if number not in self._ports:
            self._ports[number] = self.probe.port or free_port()
        return self._ports[number]


_VARIABLE = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})")
"""$NAME, ${NAME}, ${NAME:-default}, and $$ for a dollar sign."""


class UnsetVariable(ValueError):
    """A variable has no value. The message has the correction."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace the variables in `text` by their values; raise `UnsetVariable`."""

    def value(found: "re.Match[str]") -> str:
        if found[1]:
            return "$"
        name, default = found[2] or found[3], found[4]
        given = variables.get(name, "")
        if given or (name in variables and default is None):
            return given
        if default is None:
            raise UnsetVariable(
                f"${name} is not set; set it, or write a default: ${{{name}:-VALUE}}"
            )
        return default

    return _VARIABLE.sub(value, text)
