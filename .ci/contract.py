"""JSON schemas of the services' contract. The string below a field is its description."""

import dataclasses
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter

from mare_services.contract import callbacks, jobs, music, places, suggestion, weather


def schemas(
    kinds: Iterable[Any], mode: Literal["serialization", "validation"]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the schema of each kind, and the definitions to which these refer by their names."""
    kinds = list(kinds)
    modules = (callbacks, jobs, music, places, suggestion, weather)
    for kind in (*kinds, *(each for module in modules for each in vars(module).values())):
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            setattr(kind, "__pydantic_config__", ConfigDict(use_attribute_docstrings=True))  # noqa: B010
    found, definitions = TypeAdapter.json_schemas(
        [(number, mode, TypeAdapter(kind)) for number, kind in enumerate(kinds)],
        ref_template="#/components/schemas/{model}",
    )
    return list(found.values()), definitions["$defs"]
