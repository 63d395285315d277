"""Objects of JSON as dataclasses: the field maxReplicas is the attribute max_replicas."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def read_fields(kind: type[T], *objects: Mapping[str, Any]) -> T:
    """Return a `kind` of the fields that are not null; a later object overrides an earlier one."""
    fields = {name: each[name] for each in objects for name in each if each[name] is not None}
    try:
        return msgspec.convert(_renamed(fields), kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error


def _renamed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_snake_case(name): _renamed(each) for name, each in value.items()}
    return [_renamed(each) for each in value] if isinstance(value, list) else value


def _snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)
