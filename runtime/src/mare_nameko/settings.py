"""Settings from environment variables: typed, and with one report of all mistakes.

pydantic-settings does the same, but its import takes 0.2 s of processor time. A service starts in
0.5 s, and each new pod pays for each import (runtime/README.md, "Limits").
"""

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self, TypeVar

import msgspec

T = TypeVar("T", bound="EnvironmentSettings")


class SettingsError(Exception):
    """Raised when environment variables are wrong. The text has one line for each of them."""


class Secret(str):
    """A string whose ``repr`` hides its content."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"


class EnvironmentSettings:
    """Base of frozen dataclasses with one field for each environment variable.

    The name of a variable is ``prefix`` and the field's name in capitals, unless the field is
    declared with :func:`variable`. The string below a field describes it in the documentation.
    Values are converted as in JSON (``8000``, ``true``); a tuple is separated by commas.
    ``Annotated[int, msgspec.Meta(ge=1)]`` bounds a value. A subclass of ``str`` can refuse a value:
    its constructor raises ValueError. An empty variable counts as absent.
    """

    __slots__ = ()
    prefix: ClassVar[str] = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings in ``environ``; or raise SettingsError with all mistakes."""
        return read_settings(cls, environ)

    def find_mistakes(self) -> Iterable[str]:
        """Return one sentence for each set of values that exclude each other."""
        return ()


def variable(name: str, **options: Any) -> Any:
    """Return a dataclass field that is read from the variable ``name``, without the prefix."""
    return dataclasses.field(metadata={"variable": name}, **options)


def variable_name(kind: type[EnvironmentSettings], field: "dataclasses.Field[Any]") -> str:
    return str(field.metadata.get("variable", kind.prefix + field.name.upper()))


def read_settings(kind: type[T], environ: Mapping[str, str], mistakes: Iterable[str] = ()) -> T:
    """Return a ``kind``, or raise a SettingsError with all its mistakes and those of the caller."""
    values: dict[str, Any] = {}
    found: list[str] = []
    types = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        name = variable_name(kind, field)
        text = environ.get(name, "")
        if not text:
            if _is_required(field):
                found.append(f"{name} is not set.")
            continue
        try:
            values[field.name] = _convert(text, types[field.name])
        except (msgspec.ValidationError, ValueError) as error:
            shown = repr(Secret(text)) if _is_secret(types[field.name]) else repr(text)
            found.append(f"{name}={shown}: {error}.")
    found += mistakes
    if not found:
        settings = kind(**values)
        found += settings.find_mistakes()
    if found:
        raise SettingsError("\n".join(found))
    return settings


def _is_required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _is_secret(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Secret)


def _convert(text: str, kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, str) and kind is not str:
        return kind(text)
    if typing.get_origin(kind) is tuple:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return msgspec.convert(parts, kind, strict=False)
    return msgspec.convert(text, kind, strict=False)
