"""What the API server makes of a status and a change of it."""

from collections.abc import Mapping
from typing import Any


def merge_patch(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict:
    """Apply a merge patch (RFC 7396)."""
    merged = dict(document)
    for field_name, value in patch.items():
        if value is None:
            merged.pop(field_name, None)
        elif isinstance(value, Mapping):
            merged[field_name] = merge_patch(merged.get(field_name) or {}, value)
        else:
            merged[field_name] = value
    return merged
