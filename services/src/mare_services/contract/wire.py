"""Conversion between JSON values and the types of the contract.

Unknown fields are ignored, so that an older receiver understands a newer sender during a rolling
upgrade. A missing or mistyped field raises an error that names it.
"""

from typing import Any, TypeVar

import msgspec

from mare_services.contract.errors import InvalidRequest

T = TypeVar("T")


def read(data: Any, kind: type[T]) -> T:
    """Return ``data`` as a ``kind``, or raise ``InvalidRequest`` that names the wrong field."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{kind.__name__}: {error}.") from None


def write(value: Any) -> Any:
    """Return ``value`` as JSON values; times become ISO 8601 strings."""
    return msgspec.to_builtins(value)
