"""What an API server does to the spec of a QueueAutoscaler: complete it, or say what is wrong."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from sys import float_info
from typing import Any

from mare.custom_resource.cel import Rule, compile_rule

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in a spec."""

    path: Path
    """Where it is, from the spec on; the place where something is missing if it is not there."""
    sentence: str


@dataclass(slots=True)
class Checked:
    """A spec with its defaults, and what is wrong with it."""

    spec: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)


def check(spec: Any) -> Checked:
    """Complete a spec as an API server does. It may be used if there are no faults."""
    return check_by(spec_schema(), spec)


def check_by(schema: Schema, value: Any) -> Checked:
    """Complete a mapping by a structural schema."""
    checked = Checked({})
    completed = _complete(value, schema, (), checked.faults)
    if isinstance(completed, dict):
        checked.spec = completed
    if not checked.faults:  # as on the API server, rules are for what has the right shape
        checked.faults += _broken_rules(checked.spec, schema, ())
    return checked


@cache
def spec_schema() -> Schema:
    text = files("mare.custom_resource").joinpath("schema.json").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema


def _complete(value: Any, schema: Schema, path: Path, faults: list[Fault]) -> Any:
    """The value with defaults; what is wrong goes to `faults`."""
    found = len(faults)
    match schema.get("type"):
        case "object" if isinstance(value, Mapping):
            return _complete_object(value, schema, path, faults)
        case "array" if isinstance(value, list):
            faults += _faults_of_length(value, schema, path, "entries", "Items")
            if schema.get("x-kubernetes-list-type") == "set" and len(set(map(str, value))) < len(
                value
            ):
                faults.append(Fault(path, "has the same entry twice; leave one of the two out"))
            return [_complete(v, schema["items"], (*path, i), faults) for i, v in enumerate(value)]
        case "string" if isinstance(value, str):
            faults += _faults_of_text(value, schema, path)
        case "boolean" if isinstance(value, bool):
            pass
        case "integer" if _is_number(value) and float(value).is_integer():
            value = int(value)
            faults += _faults_of_number(value, schema, path)
        case "number" if _is_number(value):
            value = float(value)
            faults += _faults_of_number(value, schema, path)
        case None if _is_number(value):
            faults += _faults_of_number(value, schema, path)
        case None if isinstance(value, str):
            faults += _faults_of_text(value, schema, path)
        case kind:
            faults.append(Fault(path, _KINDS[kind]))
    return value if len(faults) == found else None


_KINDS = {
    "object": "has to be a mapping of fields",
    "array": "has to be a list",
    "string": "has to be text; put it in quotes",
    "boolean": "has to be true or false, without quotes",
    "integer": "has to be a whole number, without quotes",
    "number": "has to be a number, without quotes",
    None: "has to be a number, or a quantity such as 50m",
}


def _complete_object(
    value: Mapping[str, Any], schema: Schema, path: Path, faults: list[Fault]
) -> dict[str, Any]:
    fields: Schema = schema["properties"]
    completed = {}
    for name in value.keys() - fields.keys():
        near = get_close_matches(str(name), fields, 1)
        there = f"did you mean {near[0]}?" if near else f"there are {', '.join(fields)}"
        faults.append(Fault((*path, name), f"is not a field here; {there}"))
    for name, below in fields.items():
        given = value.get(name)
        if given is None:  # null is the same as absent
            given = below.get("default")
        if given is not None:
            completed[name] = _complete(given, below, (*path, name), faults)
        elif name in schema.get("required", ()):
            faults.append(Fault((*path, name), "is missing; add it"))
    return completed


def _is_number(value: Any) -> bool:
    """Whether JSON has it: YAML has infinity as well, and what is no number."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and abs(value) <= float_info.max


def _faults_of_number(value: float, schema: Schema, path: Path) -> Iterator[Fault]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and value < low:
        yield Fault(path, f"has to be at least {low}")
    if high is not None and value > high:
        yield Fault(path, f"has to be at most {high}")


def _faults_of_text(value: str, schema: Schema, path: Path) -> Iterator[Fault]:
    yield from _faults_of_length(value, schema, path, "characters", "Length")
    if "enum" in schema and value not in schema["enum"]:
        yield Fault(path, f"has to be one of {', '.join(schema['enum'])}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield Fault(path, f"has to match {schema['pattern']}")


def _faults_of_length(
    value: Any, schema: Schema, path: Path, things: str, which: str
) -> Iterator[Fault]:
    low, high = schema.get(f"min{which}", 0), schema.get(f"max{which}")
    if len(value) < low:
        yield Fault(path, f"has to have at least {low} {things}")
    if high is not None and len(value) > high:
        yield Fault(path, f"has to have at most {high} {things}")


def _broken_rules(value: Any, schema: Schema, path: Path) -> Iterator[Fault]:
    for rule in schema.get("x-kubernetes-validations", ()):
        if not _compiled(rule["rule"])({"self": value}):
            below = rule.get("fieldPath", "").split(".")[1:]
            yield Fault((*path, *below), rule["message"])
    children: Iterable[tuple[str | int, Any, Schema]] = ()
    if isinstance(value, dict):
        children = ((name, value[name], schema["properties"][name]) for name in value)
    elif isinstance(value, list):
        children = ((index, item, schema["items"]) for index, item in enumerate(value))
    for name, child, below_schema in children:
        yield from _broken_rules(child, below_schema, (*path, name))


@cache
def _compiled(text: str) -> Rule:
    return compile_rule(text)
