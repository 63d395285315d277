"""Collects the mistakes of a set of files, so that one run reports them all."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mare.documents.schema import Mistake
from mare.documents.tree import Document, InputError, Path, line_of, spelled


@dataclass(slots=True)
class Mistakes:
    _found: set[tuple[str, int, str]] = field(default_factory=set)

    def add(self, document: Document, path: Path, sentence: str) -> None:
        line = line_of(document.root, path)
        self._found.add((document.file, line, f"{spelled(path)} {sentence}".strip()))

    def add_all(self, document: Document, at: Path, mistakes: Iterable[Mistake]) -> None:
        for mistake in mistakes:
            self.add(document, (*at, *mistake.path), mistake.sentence)

    def raise_any(self) -> None:
        if self._found:
            found = sorted(self._found)
            raise InputError("\n".join(f"{file}:{line}: {text}" for file, line, text in found))
