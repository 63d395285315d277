"""Parses YAML into a tree whose nodes know their line.

PyYAML's composer gives the positions. Comments and layout are not kept: no file is written back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

import yaml

MAX_CHARACTERS = 16_000_000
MAX_VALUES = 200_000
"""Aliases count each time: a few lines of nested aliases would otherwise fill the memory."""
MAX_DEPTH = 64

Path = tuple[str | int, ...]


class InputError(Exception):
    """The files are wrong. The message has a line for each mistake, beginning with file:line."""


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    kind: str
    """str, int, float, bool, null or timestamp, as YAML resolves it."""
    line: int
    spelling: str
    """The source text, on one line, with secrets masked."""


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: dict[str, "Node"]
    line: int

    def text(self, name: str) -> str | None:
        """Return the scalar under a key; None if it is absent, null or not a scalar."""
        node = self.entries.get(name)
        return node.text if isinstance(node, Scalar) and node.kind != "null" else None

    def mapping(self, name: str) -> "Mapping":
        node = self.entries.get(name)
        return node if isinstance(node, Mapping) else Mapping({}, self.line)

    def mappings(self, name: str) -> list["Mapping"]:
        node = self.entries.get(name)
        items = node.items if isinstance(node, Sequence) else ()
        return [item for item in items if isinstance(item, Mapping)]


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple["Node", ...]
    line: int


Node = Scalar | Mapping | Sequence


@dataclass(frozen=True, slots=True)
class Document:
    file: str
    root: Mapping

    @property
    def kind(self) -> str:
        return self.root.text("kind") or ""

    @property
    def name(self) -> str:
        return self.root.mapping("metadata").text("name") or ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.root.line}"

    @property
    def namespace(self) -> str | None:
        return self.root.mapping("metadata").text("namespace")

    @property
    def qualified_name(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    if isinstance(node, Mapping) and node.entries:
        for key, child in node.entries.items():
            yield from leaves(child, (*path, key))
    elif isinstance(node, Sequence) and node.items:
        for index, child in enumerate(node.items):
            yield from leaves(child, (*path, index))
    else:
        yield path, node


def line_of(root: Node, path: Path) -> int:
    """Return the line of the value at a path, or of its innermost parent that exists."""
    node: Node | None = root
    line = root.line
    for part in path:
        if isinstance(node, Mapping) and isinstance(part, str):
            node = node.entries.get(part)
        elif isinstance(node, Sequence) and isinstance(part, int):
            node = node.items[part] if part < len(node.items) else None
        else:
            node = None
        if node is None:
            break
        line = node.line
    return line


def plain(node: Node) -> Any:
    """Return the tree as dict, list and scalars of Python. Timestamps and .inf stay text."""
    match node:
        case Mapping(entries):
            return {name: plain(child) for name, child in entries.items()}
        case Sequence(items):
            return [plain(item) for item in items]
        case Scalar(text, "int" | "float" | "bool" | "null") if not _NO_NUMBER.search(text):
            try:
                return yaml.safe_load(text)
            except (ValueError, yaml.YAMLError):
                return text
        case Scalar(text):
            return text


_NO_NUMBER = re.compile(r"\.(inf|nan)$", re.IGNORECASE)


def spelled(path: Path) -> str:
    """Return a path as kubectl writes it: triggers[0].metadata.value."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step or "/" in step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def read_text(file: TextIO) -> str:
    """Return the text of a file, up to the length that `parse` refuses. Raises `InputError`."""
    try:
        return file.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name}:1: not UTF-8") from error


def parse(text: str, file: str) -> list[Document]:
    """Return the mappings of a YAML stream; empty documents are skipped. Raises `InputError`."""
    if len(text) > MAX_CHARACTERS:
        limit = f"more than {MAX_CHARACTERS:,} characters"
        raise InputError(f"{file}:1: {limit}; Helm's release Secrets, for example, can be left out")
    return [Document(file, root) for root in _Reader(text, file).roots()]


def parse_objects(text: str, file: str) -> list[Document]:
    """Return the Kubernetes objects of a YAML stream. Raises `InputError`."""
    documents = parse(text, file)
    for document in documents:
        if not {"apiVersion", "kind"} <= document.root.entries.keys():
            where = f"{file}:{document.root.line}"
            hint = template_hint(text)
            raise InputError(f"{where}: not a Kubernetes object: no apiVersion and kind{hint}")
    return documents


def template_hint(text: str) -> str:
    return " (a template? render it first)" if "{{" in text else ""


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._values = 0
        self._merged: set[yaml.MappingNode] = set()
        self._flattener = yaml.SafeLoader("")

    def roots(self) -> Iterator[Mapping]:
        try:
            nodes = list(yaml.compose_all(self._text, yaml.SafeLoader))
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            raise self._error(mark.line + 1 if mark else 1, _problem(error)) from error
        for node in nodes:
            root = self._node(node, node.start_mark.line + 1, 0, secret=False)
            if isinstance(root, Scalar) and root.kind == "null":
                continue
            if not isinstance(root, Mapping):
                raise self._error(root.line, "the document has to be a mapping")
            yield root

    def _node(self, node: yaml.Node, line: int, depth: int, *, secret: bool) -> Node:
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._error(line, f"more than {MAX_VALUES:,} values, aliases counted each time")
        if depth > MAX_DEPTH:
            raise self._error(line, f"nested deeper than {MAX_DEPTH}")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, line, depth, secret=secret)
        if isinstance(node, yaml.SequenceNode):
            items = (
                self._node(item, item.start_mark.line + 1, depth + 1, secret=secret)
                for item in node.value
            )
            return Sequence(tuple(items), line)
        spelling = self._text[node.start_mark.index : node.end_mark.index]
        kind = node.tag.rpartition(":")[2]
        return Scalar(node.value, kind, line, MASK if secret else masked(spelling))

    def _mapping(self, node: yaml.MappingNode, line: int, depth: int, *, secret: bool) -> Mapping:
        if node not in self._merged:
            self._merge(node)
            self._merged.add(node)
        hides = any((key.value, value.value) == ("kind", "Secret") for key, value in node.value)
        entries = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(at, "a key has to be a scalar")
            hidden = secret or key.value in CONFIDENTIAL or (hides and key.value not in PUBLIC)
            hidden = hidden or (key.value == "host" and "://" not in value.value)
            entries[key.value] = self._node(value, at, depth + 1, secret=hidden)
        return Mapping(entries, line)

    def _merge(self, node: yaml.MappingNode) -> None:
        """Replace << by the entries it refers to, after checking for duplicate keys."""
        written: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in written and name != "<<":
                raise self._error(key.start_mark.line + 1, f"the key {name} is duplicated")
            written.add(name)
        try:
            self._flattener.flatten_mapping(node)
        except yaml.MarkedYAMLError as error:
            raise self._error(node.start_mark.line + 1, _problem(error)) from error

    def _error(self, line: int, problem: str) -> InputError:
        return InputError(f"{self._file}:{line}: {problem}{template_hint(self._text)}")


def _problem(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0] or "not YAML"


MASK = "***"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
CONFIDENTIAL = frozenset({"password", "username", "token", "keyPassword", LAST_APPLIED})
"""Keys whose values are never printed."""
PUBLIC = frozenset({"apiVersion", "kind", "metadata", "type"})
"""Keys of a Secret that are printed."""
_CREDENTIALS = re.compile(r"(://)\S*@")
_LONGEST = 80


def printable(text: str) -> str:
    """Return the text with a space for each line break and control character."""
    return "".join(each if each.isprintable() else " " for each in text)


def masked(spelling: str) -> str:
    """Return a value on one line, at most 80 characters, without the credentials of a URI."""
    line = " ".join(_CREDENTIALS.sub(rf"\1{MASK}@", spelling).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
