"""Reads mappings as people write them, and gathers all mistakes instead of only the first."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

LARGEST = 1e15
"""More than any figure of a scenario needs; infinity is more still."""


class InvalidScenario(ValueError):
    """Raised with every mistake of a scenario, one a line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Fields:
    """The fields of one mapping. What nobody asked for is a mistake as well: see `finish`."""

    def __init__(self, value: Any, path: str, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        self._rest: dict[Any, Any] = {}
        if isinstance(value, Mapping):
            self._rest = dict(value)
        else:
            self._complain(path, "has to be a mapping")

    def number(self, name: str, default: float | None = None, *, above: float = 0.0) -> float:
        """A number above a bound."""
        says = f"has to be above {above:g}"
        return self._number(name, default, lambda value: value > above, says)

    def amount(self, name: str, default: float | None = None) -> float:
        """A number that may be zero, but not below."""
        return self._number(name, default, lambda value: value >= 0, "has to be at least 0")

    def _number(
        self, name: str, default: float | None, fits: Callable[[float], bool], says: str
    ) -> float:
        """The number, or after a complaint one to go on with."""
        value = self._rest.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            problem = "has to be a number"
        elif not abs(value) <= LARGEST:
            problem = f"may be at most {LARGEST:g}"
        elif not fits(value):
            problem = says
        else:
            return value
        self.complain(name, problem)
        return 1.0

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number from zero on."""
        value = self.amount(name, default)
        if value != int(value):
            self._complain(f"{self.path}.{name}", "has to be a whole number")
        return int(value)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._rest.pop(name, default)
        if not isinstance(value, str):
            self._complain(f"{self.path}.{name}", "has to be a text")
            return ""
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in choices:
            self._complain(f"{self.path}.{name}", f"has to be one of {', '.join(choices)}")
            return choices[0]
        return value

    def has(self, name: str) -> bool:
        return name in self._rest

    def raw(self, name: str, default: Any = None) -> Any:
        """A field as it is, for somebody else to read."""
        return self._rest.pop(name, default)

    def fields(self, name: str, default: Any = None) -> "Fields":
        return Fields(self._rest.pop(name, default), f"{self.path}.{name}", self.problems)

    def each(self, name: str) -> Iterator["Fields"]:
        """The mappings of a list; an absent list is empty."""
        for index, value in enumerate(self.listed(name)):
            yield Fields(value, f"{self.path}.{name}[{index}]", self.problems)

    def listed(self, name: str) -> list[Any]:
        value = self._rest.pop(name, [])
        if not isinstance(value, list):
            self._complain(f"{self.path}.{name}", "has to be a list")
            return []
        return value

    def complain(self, name: str, problem: str) -> None:
        self._complain(f"{self.path}.{name}", problem)

    def finish(self) -> None:
        """Complain of fields that are not known."""
        for name in self._rest:
            self._complain(f"{self.path}.{name}", "is not known here")

    def _complain(self, path: str, problem: str) -> None:
        self.problems.append(f"{path.removeprefix('.')} {problem}")
