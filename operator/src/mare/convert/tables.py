"""The tables of the package: what it reads of the input, and what becomes of it."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mare.documents.schema import Schema

_FOLDER = files("mare.convert")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""20 times as fast where PyYAML has it: the schemas take 5 ms."""


@cache
def rules() -> dict[str, Any]:
    """Return the tables of rules.json, most of them by outcome, then by the names of the path."""
    tables: dict[str, Any] = json.loads(_FOLDER.joinpath("rules.json").read_text(encoding="utf-8"))
    return tables


@cache
def schemas() -> dict[str, Schema]:
    """Return the schemas of the input by the kind of an object or the type of a trigger."""
    text = _FOLDER.joinpath("schemas.yaml").read_text(encoding="utf-8")
    found: dict[str, Schema] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe
    return found
