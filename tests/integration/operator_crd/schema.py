"""The fields of the custom resource, so that no rule can be added without a test."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def fields_of(schema: Schema, path: str = "spec") -> Iterator[tuple[str, Schema]]:
    """Yield path and schema of every field, paths as the API server writes them."""
    yield path, schema
    for name, below in schema.get("properties", {}).items():
        yield from fields_of(below, f"{path}.{name}")
    if "items" in schema:
        yield from fields_of(schema["items"], f"{path}[0]")
