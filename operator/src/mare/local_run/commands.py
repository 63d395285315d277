"""Reads the `commands` of a file."""

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mare.convert.source import Document, Node, Scalar
from mare.convert.source import Mapping as Tree
from mare.custom_resource.checking import check_by
from mare.local_run.mistakes import Mistakes, plain
from mare.local_run.program import Probe, Program
from mare.local_run.variables import UnsetVariable, expand

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["run"],
    "properties": {
        "run": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "minLength": 1},
        },
        "environment": {"type": "object", "properties": {}},
        "folder": {"type": "string", "default": ".", "minLength": 1},
        "stopSeconds": {"type": "number", "default": 10, "minimum": 0, "maximum": 3600},
        "replicas": {"type": "integer", "default": 1, "minimum": 0, "maximum": 1000},
        "ready": {
            "type": "object",
            "properties": {
                "portVariable": {"type": "string", "pattern": r"^[A-Za-z_]\w*$"},
                "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                "path": {"type": "string", "pattern": "^/", "default": "/readyz"},
            },
        },
    },
}
_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
_NAMES = {"type": "string", "pattern": _NAME, "maxLength": 63}
_SHELL = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<"})


def read_commands(
    document: Document, environ: Mapping[str, str], mistakes: Mistakes
) -> Iterator[Program]:
    """Yield the valid programs of a document; add what is wrong with the others to `mistakes`."""
    commands = document.root.entries.get("commands")
    if not isinstance(commands, Tree):
        mistakes.add(document, ("commands",), "must be a mapping of names to commands")
        return
    for name, node in commands.entries.items():
        program = _Reader(document, name, environ, mistakes).read(node)
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
        self._good = True

    def _wrong(self, path: tuple[str | int, ...], sentence: str) -> None:
        self._good = False
        self._mistakes.add(self._document, ("commands", self._name, *path), sentence)

    def read(self, node: Node) -> Program | None:
        """Return the program, or None if the command has mistakes."""
        given = plain(node) if isinstance(node, Tree) else {"run": plain(node)}
        if isinstance(given.get("run"), str):
            given["run"] = self._words(given["run"])
        variables = self._environment(node)
        ready = given.get("ready")
        if isinstance(ready, dict) and isinstance(ready.get("port"), str):
            ready["port"] = self._number(ready["port"], variables)
        given.pop("environment", None)
        checked = check_by(_SCHEMA, given)
        for fault in checked.faults:
            self._wrong(fault.path, fault.sentence)
        named = check_by({"type": "object", "properties": {"name": _NAMES}}, {"name": self._name})
        if named.faults:
            self._wrong((), "is not a valid name: use at most 63 of the characters a-z, 0-9 and -")
        if not self._good:
            return None
        return self._program(checked.spec, variables)

    def _program(self, given: Mapping[str, Any], variables: Mapping[str, str]) -> Program | None:
        here = Path(self._document.file).parent if self._document.file != "-" else Path()
        program = Program(
            name=self._name,
            arguments=tuple(given["run"]),
            environment=variables,
            folder=(here / given["folder"]).absolute(),
            probe=self._probe(given.get("ready"), given["replicas"]),
            stop_seconds=given["stopSeconds"],
            replicas=given["replicas"],
        )
        if not program.folder.is_dir():
            self._wrong(("folder",), f"{given['folder']} is not a folder")
            return None
        try:
            first = program.command(1).arguments[0]
        except UnsetVariable as error:
            self._wrong(("run",), str(error))
            return None
        self._find(first, program)
        return program if self._good else None

    def _find(self, first: str, program: Program) -> None:
        if "/" in first:
            if not os.access(program.folder / first, os.X_OK):
                self._wrong(("run",), f"{first} is not an executable file in {program.folder}")
        elif shutil.which(first, path=program.environment.get("PATH", os.defpath)) is None:
            self._wrong(
                ("run",),
                f"{first} is not found in PATH; activate its virtual environment, or give a path",
            )

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

    def _environment(self, node: Node) -> Mapping[str, str]:
        """Return the variables of a process, without its number and port."""
        # Without PYTHONUNBUFFERED, Python holds back output to a pipe.
        variables = {"PYTHONUNBUFFERED": "1", **self._environ}
        own = node.entries.get("environment") if isinstance(node, Tree) else None
        if own is not None and not isinstance(own, Tree):
            self._wrong(("environment",), "must be a mapping of variables to values")
        elif own is not None:
            for name, value in own.entries.items():
                if not isinstance(value, Scalar):
                    self._wrong(("environment", name), "must be a single value")
                    continue
                try:
                    variables[name] = expand(value.text, self._environ)
                except UnsetVariable as error:
                    self._wrong(("environment", name), str(error))
        return variables

    def _number(self, text: str, variables: Mapping[str, str]) -> Any:
        try:
            number = expand(text, variables)
        except UnsetVariable as error:
            self._wrong(("ready", "port"), str(error))
            return 1
        return int(number) if number.isdecimal() else number

    def _probe(self, ready: Mapping[str, Any] | None, replicas: int) -> Probe | None:
        if ready is None:
            return None
        variable, port = ready.get("portVariable"), ready.get("port")
        if (variable is None) == (port is None):
            self._wrong(
                ("ready",),
                "needs either portVariable, the variable in which each process receives its port,"
                " or port, the port of the only process",
            )
        if port is not None and replicas > 1:
            self._wrong(
                ("ready", "port"), "cannot be shared by several processes; use portVariable"
            )
        return Probe(path=ready["path"], variable=variable, port=port)
