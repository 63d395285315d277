"""Between plain JSON values and the types of the contract.

Unknown fields are ignored, so that a newer sender can talk to an older receiver during a rolling
upgrade; missing and mistyped ones are refused with a sentence that names the field.
"""

from typing import Any, TypeVar

import msgspec

from mare_services.contract.errors import InvalidRequest

T = TypeVar("T")


def read(data: Any, kind: type[T]) -> T:
    """Return ``data`` as a ``kind``, or raise :class:`InvalidRequest` naming the wrong field."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{kind.__name__}: {error}.") from None


def write(value: Any) -> Any:
    """Return ``value`` as plain JSON values; times become ISO 8601 strings."""
    return msgspec.to_builtins(value)
