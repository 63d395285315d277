"""Lists of an upstream's JSON whose elements cannot be trusted one by one."""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def fitting(elements: list[Any] | None, shape: type[T]) -> Iterator[T]:
    """Yield the elements that are of the shape; null, odd and incomplete ones are dropped."""
    for element in elements or ():
        try:
            yield msgspec.convert(element, shape)
        except msgspec.ValidationError:
            continue
