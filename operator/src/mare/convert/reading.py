"""Fields of the input, read as what they have to be; what is not is refused on the spot.

`None` stands for a field that is absent, null, or refused. `needed_by` names who cannot do without
the field; then its absence refuses the object.
"""

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from mare.convert.draft import Draft, Field
from mare.convert.findings import Outcome, named
from mare.convert.quantities import quantity
from mare.documents.tree import Mapping, Node, Path, Scalar, Sequence

T = TypeVar("T")

_INTEGER = re.compile(r"[-+]?[0-9]+")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


class Section:
    """A mapping of the input; it remembers what it was asked for, to suggest it for a typo."""

    def __init__(self, draft: Draft, path: Path, node: Mapping) -> None:
        self.draft = draft
        self.path = path
        self.node = node

    @property
    def line(self) -> int:
        return self.node.line

    def text(self, name: str, longest: int = 253, needed_by: str = "") -> Field[str] | None:
        """A string that is not empty."""

        def check(scalar: Scalar) -> str:
            if not _string(scalar):
                raise ValueError("must not be empty")
            return no_longer(scalar.text, longest)

        return self.field(name, check, needed_by)

    def words(self) -> list[Field[str]]:
        """All values as strings, where the names are the user's own, as in labels."""
        entries = self.node.entries.items()
        fields = [self._read((*self.path, name), node, _string) for name, node in entries]
        return [field for field in fields if field is not None]

    def choice(self, name: str, choices: tuple[str, ...], needed_by: str = "") -> Field[str] | None:
        return self.field(name, lambda scalar: one_of(scalar.text, choices), needed_by)

    def integer(
        self, name: str, least: int = 0, most: int = 2**31 - 1, needed_by: str = ""
    ) -> Field[int] | None:
        """An integer that YAML knows as one."""

        def check(scalar: Scalar) -> int:
            if scalar.kind != "int" or not _INTEGER.fullmatch(scalar.text):
                raise ValueError("has to be an integer, without quotes")
            return within(int(scalar.text), least, most)

        return self.field(name, check, needed_by)

    def boolean(self, name: str) -> Field[bool] | None:
        def check(scalar: Scalar) -> bool:
            if scalar.kind != "bool":
                raise ValueError("has to be true or false, without quotes")
            return scalar.text.lower() in ("true", "yes", "on")

        return self.field(name, check)

    def quantity(self, name: str, needed_by: str = "") -> Field[str] | None:
        """A number or a quantity, as it is written."""

        def check(scalar: Scalar) -> str:
            quantity(scalar.text)
            return scalar.text

        return self.field(name, check, needed_by)

    def section(self, name: str) -> "Section":
        """A mapping below this one; an empty one if it is absent."""
        path, node = self._look(name)
        if isinstance(node, Mapping):
            self._absorb_empty(path, node)
            return Section(self.draft, path, node)
        if node is not None:
            self._refuse_shape(path, "has to be a mapping")
        return Section(self.draft, path, Mapping({}, self.line))

    def parameters(self, name: str) -> "Parameters":
        """The metadata of a KEDA trigger below this section."""
        inner = self.section(name)
        return Parameters(inner.draft, inner.path, inner.node)

    def sections(self, name: str) -> list["Section"]:
        """A list of mappings; empty if it is absent."""
        path, node = self._look(name)
        if node is None:
            return []
        if not isinstance(node, Sequence) or not all(isinstance(i, Mapping) for i in node.items):
            self._refuse_shape(path, "has to be a list of mappings")
            return []
        self._absorb_empty(path, node)
        return [
            Section(self.draft, (*path, index), item)
            for index, item in enumerate(node.items)
            if isinstance(item, Mapping)
        ]

    def texts(self, name: str) -> list[Field[str]]:
        """A list of strings; empty if it is absent."""
        path, node = self._look(name)
        if node is None:
            return []
        if not isinstance(node, Sequence):
            self._refuse_shape(path, "has to be a list")
            return []
        fields = [self._read((*path, i), item, _string) for i, item in enumerate(node.items)]
        return [field for field in fields if field is not None]

    def empty(self, name: str) -> Field[Any] | None:
        """An empty mapping or list, where it is a value itself."""
        path, node = self._look(name)
        if node is None or isinstance(node, Scalar) or not self.draft.is_open(path):
            return None
        return _empty(path, node)

    def field(
        self, name: str, check: Callable[[Scalar], T], needed_by: str = ""
    ) -> Field[T] | None:
        """A single value. `check` raises ValueError with what it has to be."""
        path, node = self._look(name)
        if node is None:
            if needed_by:
                self.draft.problem(self.line, f"{needed_by} needs {name}")
            return None
        return self._read(path, node, check)

    def _look(self, name: str) -> tuple[Path, Node | None]:
        """What stands there; null is the same as nothing."""
        self.draft.ask(self.path, name)
        path = (*self.path, name)
        node = self.node.entries.get(name)
        if not isinstance(node, Scalar) or node.kind != "null":
            return path, node
        if self.draft.is_open(path):
            null = Field(path, node.line, node.spelling, None)
            self.draft.absorb(null, "null is the same as absent")
        return path, None

    def _read(self, path: Path, node: Node, check: Callable[[Scalar], T]) -> Field[T] | None:
        if not isinstance(node, Scalar):
            self._refuse_shape(path, "has to be a single value")
            return None
        if not self.draft.is_open(path):
            return None
        try:
            return Field(path, node.line, node.spelling, check(node))
        except ValueError as error:
            self.draft.refuse(Field(path, node.line, node.spelling, None), str(error))
            return None

    def _refuse_shape(self, path: Path, why: str) -> None:
        self.draft.settle_below(path, Outcome.REFUSED, f"{named(path)} {why}")

    def _absorb_empty(self, path: Path, node: Mapping | Sequence) -> None:
        if self.draft.is_open(path):
            self.draft.absorb(_empty(path, node), "empty is the same as absent")


class Parameters(Section):
    """The metadata of a KEDA trigger: strings, trimmed, an empty one the same as none."""

    def text(self, name: str, longest: int = 4096, needed_by: str = "") -> Field[str] | None:
        return self._parameter(name, lambda text: no_longer(text, longest), needed_by)

    def number(self, name: str, needed_by: str = "") -> Field[float] | None:
        def check(text: str) -> float:
            if not _JSON_NUMBER.fullmatch(text):
                raise ValueError("has to be a number")
            return finite(float(text))

        return self._parameter(name, check, needed_by)

    def flag(self, name: str) -> Field[bool] | None:
        def check(text: str) -> bool:
            return one_of(text, ("true", "false")) == "true"

        return self._parameter(name, check)

    def option(self, name: str, choices: tuple[str, ...]) -> Field[str] | None:
        return self._parameter(name, lambda text: one_of(text, choices))

    def _parameter(
        self, name: str, check: Callable[[str], T], needed_by: str = ""
    ) -> Field[T] | None:
        plain = self.field(name, lambda scalar: scalar.text.strip(), needed_by)
        if plain is None:
            return None
        if not plain.value:
            self.draft.absorb(plain, "KEDA reads an empty value as absent")
            if needed_by:
                self.draft.problem(plain.line, f"{needed_by} needs {name}")
            return None
        return self.field(name, lambda scalar: check(scalar.text.strip()))


def finite(number: float) -> float:
    """The number; raises ValueError if no float is as large, and so does KEDA."""
    if math.isinf(number):
        raise ValueError("is too large")
    return number


def within(value: int, least: int, most: int) -> int:
    """The value; raises ValueError if it is out of bounds."""
    if not least <= value <= most:
        raise ValueError(f"has to be from {least} to {most}")
    return value


def one_of(text: str, choices: tuple[str, ...]) -> str:
    """The text; raises ValueError if it is none of the choices."""
    if text not in choices:
        raise ValueError(f"has to be one of {', '.join(choices)}")
    return text


def no_longer(text: str, longest: int) -> str:
    """The text; raises ValueError if it is too long."""
    if len(text) > longest:
        raise ValueError(f"has more than {longest} characters")
    return text


def _string(scalar: Scalar) -> str:
    if scalar.kind in ("int", "float", "bool", "null"):
        raise ValueError("has to be a string; put it in quotes")
    return scalar.text


def _empty(path: Path, node: Mapping | Sequence) -> Field[Any]:
    value: Any = {} if isinstance(node, Mapping) else []
    return Field(path, node.line, str(value), value)
