"""Settings from environment variables: typed, complete, and all mistakes told at once.

A deployable declares a frozen dataclass; each field is one variable: the prefix and the field's
name in capitals, unless the field names another with :func:`variable`. Types are converted as JSON
would be read (``"8000"`` is a port, ``"true"`` a switch), an empty value counts as absent, limits
are said with ``Annotated[int, msgspec.Meta(ge=1)]``, and a :class:`Secret` never shows in a log. A
subclass of ``str`` may refuse its text with a ValueError that says why.
"""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class SettingsError(Exception):
    """Raised when environment variables cannot be understood; the text lists every one."""


class Secret(str):
    """Text that is used but never shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"


def variable(name: str, **rest: Any) -> Any:
    """Return a dataclass field that is read from the variable ``name``, whatever the prefix."""
    return dataclasses.field(metadata={"variable": name}, **rest)


def read_settings(kind: type[T], prefix: str, environ: Mapping[str, str]) -> T:
    """Return a ``kind`` from ``environ``; raise :class:`SettingsError` naming all bad variables."""
    values: dict[str, Any] = {}
    mistakes: list[str] = []
    types = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        name = field.metadata.get("variable", prefix + field.name.upper())
        text = environ.get(name, "")
        if not text:
            if _required(field):
                mistakes.append(f"{name} is not set.")
            continue
        try:
            values[field.name] = _convert(text, types[field.name])
        except (msgspec.ValidationError, ValueError) as error:
            mistakes.append(f"{name}={_shown(text, types[field.name])}: {error}.")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return kind(**values)


def _required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _convert(text: str, kind: Any) -> Any:
    if _is_own_text(kind):
        return kind(text)
    if typing.get_origin(kind) is tuple:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return msgspec.convert(parts, kind, strict=False)
    return msgspec.convert(text, kind, strict=False)


def _is_own_text(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, str) and kind is not str


def _shown(text: str, kind: Any) -> str:
    return repr(Secret(text)) if _is_own_text(kind) and issubclass(kind, Secret) else repr(text)
