"""The mistakes of files, each with its line."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from mare.convert.source import Document, Mapping, Node, Path, Scalar, Sequence


class PlanError(Exception):
    """Files cannot be used. The message has one line per mistake, which begins with FILE:LINE."""


@dataclass(slots=True)
class Mistakes:
    """Collects mistakes, so that all are reported at once."""

    _found: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, document: Document, path: Path, sentence: str) -> None:
        """Add a mistake at a path of a document; the path may be missing from it."""
        line = line_of(document.root, path)
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        self._found.append((document.file, line, f"{where} {sentence}".strip()))

    def raise_any(self) -> None:
        """Raise `PlanError` if there are mistakes."""
        if self._found:
            lines = (f"{file}:{line}: {text}" for file, line, text in sorted(set(self._found)))
            raise PlanError("\n".join(lines))


def line_of(root: Node, path: Path) -> int:
    """Return the line of a path, or of the last part of it that exists."""
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
    """Return a tree as Python values: dict, list, str, int, float, bool and None."""
    if isinstance(node, Mapping):
        return {name: plain(child) for name, child in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return _scalar(node)


def _scalar(node: Scalar) -> Any:
    if node.kind not in ("int", "float", "bool", "null"):
        return node.text
    try:
        return yaml.safe_load(node.text)
    except ValueError:
        return node.text
