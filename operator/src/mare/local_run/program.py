"""A command of a file, of which any number of processes can run."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mare.documents.schema import Mistakes, check, schema_of
from mare.documents.tree import Document, Scalar, plain
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


_SHELL = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<"})


def read_commands(
    document: Document, environ: Mapping[str, str], mistakes: Mistakes
) -> Iterator[Program]:
    """Check a document and yield its programs; programs with mistakes are left out."""
    given = plain(document.root)
    commands = given["commands"] if isinstance(given["commands"], dict) else {}
    readers = {name: _Reader(document, name, environ, mistakes) for name in commands}
    for name, reader in readers.items():
        commands[name] = reader.normalized(commands[name])
    checked = check(schema_of("mare.local_run"), given)
    mistakes.add_all(document, (), checked.mistakes)
    wrong = {mistake.path[:2] for mistake in checked.mistakes}
    for name, reader in readers.items():
        if ("commands", name) not in wrong and reader.good:
            program = reader.program(checked.value["commands"][name])
            if program is not None:
                yield program


class _Reader:
    def __init__(
        self, document: Document, name: str, environ: Mapping[str, str], mistakes: Mistakes
    ) -> None:
        self._document = document
        self._name = name
        self._environ = environ
        self._mistakes = mistakes
        self.good = True
        self._variables = self._environment()

    def _wrong(self, path: tuple[str | int, ...], sentence: str) -> None:
        self.good = False
        self._mistakes.add(self._document, ("commands", self._name, *path), sentence)

    def normalized(self, given: Any) -> dict[str, Any]:
        """Return the command as the schema has it: split into arguments, with the port inserted."""
        command = {**given} if isinstance(given, dict) else {"run": given}
        if isinstance(command.get("run"), str):
            command["run"] = self._words(command["run"])
        ready = command.get("ready")
        if isinstance(ready, dict) and isinstance(ready.get("port"), str):
            command["ready"] = {**ready, "port": self._port(ready["port"])}
        return command

    def program(self, given: Mapping[str, Any]) -> Program | None:
        file = self._document.file
        ready = given.get("ready")
        program = Program(
            name=self._name,
            arguments=tuple(given["run"]),
            environment=self._variables,
            folder=((Path(file).parent if file != "-" else Path()) / given["folder"]).absolute(),
            probe=ready and Probe(ready["path"], ready.get("portVariable"), ready.get("port")),
            stop_seconds=given["stopSeconds"],
            replicas=given["replicas"],
        )
        if not program.folder.is_dir():
            self._wrong(("folder",), f"{given['folder']} is not a folder")
            return None
        try:
            self._find(program.command(1).arguments[0], program)
        except UnsetVariable as error:
            self._wrong(("run",), str(error))
        return program if self.good else None

    def _find(self, first: str, program: Program) -> None:
        if "/" in first:
            if not os.access(program.folder / first, os.X_OK):
                self._wrong(("run",), f"{first} is not an executable file in {program.folder}")
        elif shutil.which(first, path=program.environment.get("PATH", os.defpath)) is None:
            hint = "activate its virtual environment, or give a path"
            self._wrong(("run",), f"{first} is not found in PATH; {hint}")

    def _words(self, text: str) -> list[str]:
        try:
            words = shlex.split(text)
        except ValueError as error:
            self._wrong(("run",), f"cannot be split into words ({error})")
            return ["?"]
        for sign in _SHELL.intersection(words):
            hint = f"is not run by a shell, so {sign} has no effect; write [sh, -c, '...']"
            self._wrong(("run",), hint)
        return words

    def _environment(self) -> Mapping[str, str]:
        """Return the variables of each copy, without its number and port."""
        # Without PYTHONUNBUFFERED, Python holds back output to a pipe.
        variables = {"PYTHONUNBUFFERED": "1", **self._environ}
        command = self._document.root.mapping("commands").mapping(self._name)
        for name, value in command.mapping("environment").entries.items():
            if isinstance(value, Scalar):
                try:
                    variables[name] = expand(value.text, self._environ)
                except UnsetVariable as error:
                    self._wrong(("environment", name), str(error))
        return variables

    def _port(self, text: str) -> Any:
        try:
            number = expand(text, self._variables)
        except UnsetVariable as error:
            self._wrong(("ready", "port"), str(error))
            return 1
        return int(number) if number.isdecimal() else number
