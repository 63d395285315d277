"""Reads the commands of a file of `mare local`."""

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mare.documents.schema import Mistakes, check, schema_of
from mare.documents.tree import Document, Scalar, plain
from mare.local_run.program import Probe, Program, UnsetVariable, expand

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
        """The command in the form of the schema: words split, the variable of the port replaced."""
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
        """The variables of each copy, without its number and port."""
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
