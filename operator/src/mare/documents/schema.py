"""Checks a value by a JSON schema as the Kubernetes API server does.

jsonschema evaluates the schema, cel-python the rules of `x-kubernetes-validations`. Like an API
server, this module also fills in defaults, removes null and refuses unknown fields.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from sys import float_info
from typing import Any, cast

import celpy
from celpy.adapter import json_to_cel
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from mare.documents.tree import Document, InputError, Path, line_of, spelled

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mistake:
    path: Path
    """From the root of the value on; of a missing field, the path where it belongs."""
    sentence: str


@dataclass(slots=True)
class Mistakes:
    """Collects the mistakes of a set of files, so that one run reports them all."""

    _found: set[tuple[str, int, str]] = field(default_factory=set)

    def add(self, document: Document, path: Path, sentence: str) -> None:
        line = line_of(document.root, path)
        self._found.add((document.file, line, f"{spelled(path)} {sentence}".strip()))

    def add_all(self, document: Document, at: Path, mistakes: Iterable[Mistake]) -> None:
        for mistake in mistakes:
            self.add(document, (*at, *mistake.path), mistake.sentence)

    def raise_any(self) -> None:
        if self._found:
            found = sorted(self._found)
            raise InputError("\n".join(f"{file}:{line}: {text}" for file, line, text in found))


@dataclass(frozen=True, slots=True)
class Checked:
    value: dict[str, Any]
    """With defaults filled in. Usable only without mistakes."""
    mistakes: tuple[Mistake, ...]


@cache
def schema_of(package: str) -> Schema:
    text = files(package).joinpath("schema.json").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema


def check(schema: Schema, value: Any) -> Checked:
    """Fill in the defaults of a value and check it by a schema."""
    completed = _complete(value, schema)
    mistakes = list(_broken_bounds(schema, completed))
    if not mistakes:  # like the API server, evaluates rules only on values of the right shape
        mistakes = list(_broken_rules(completed, schema, ()))
    return Checked(completed if isinstance(completed, dict) else {}, tuple(mistakes))


def _complete(value: Any, schema: Schema) -> Any:
    """Return the value with defaults, without null, and with numbers of the type of the schema."""
    if isinstance(value, list) and "items" in schema:
        return [_complete(item, schema["items"]) for item in value]
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        completed = {}
        for name in [*fields, *(name for name in value if name not in fields)]:
            below = fields.get(name) or _of_others(schema)
            given = value.get(name)
            given = below.get("default") if given is None else given
            if given is not None or name not in fields:
                completed[name] = _complete(given, below)
        return completed
    if type(value) in (int, float):
        if not abs(value) <= float_info.max:
            return str(value)  # JSON has neither infinity nor NaN
        kind = schema.get("type")
        if kind == "number":
            return float(value)
        return int(value) if kind == "integer" and float(value).is_integer() else value
    return value


def _of_others(schema: Schema) -> Schema:
    """Return the schema of the fields that `properties` does not name."""
    below = schema.get("additionalProperties")
    return below if isinstance(below, Mapping) else {}


def _broken_bounds(schema: Schema, value: Any) -> Iterator[Mistake]:
    for error in Draft202012Validator(_strict(schema)).iter_errors(value):
        path: Path = tuple(error.absolute_path)
        if "propertyNames" in error.absolute_schema_path:
            path = (*path, error.instance)
        match error.validator:
            case "required":
                for name in error.validator_value:
                    if name not in error.instance:
                        yield Mistake((*path, name), "is missing; add it")
            case "additionalProperties" if "properties" in error.schema:
                fields = error.schema["properties"]
                for name in error.instance.keys() - fields.keys():
                    yield Mistake((*path, name), _unknown(str(name), fields))
            case _:
                yield Mistake(path, _sentence(error))


def _unknown(name: str, fields: Mapping[str, Any]) -> str:
    near = get_close_matches(name, fields, 1)
    hint = f"did you mean {near[0]}?" if near else f"known fields: {', '.join(fields)}"
    return f"is not a known field; {hint}"


def _meant(value: str, known: Iterable[str]) -> str:
    """Return the known value that differs least, as the end of a sentence; case does not count."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(value.casefold(), names, 1)
    return f"; did you mean {names[near[0]]}?" if near else ""


def _sentence(error: ValidationError) -> str:
    kind, bound, schema = str(error.validator), cast("Any", error.validator_value), error.schema
    assert isinstance(schema, Mapping)
    if kind == "type":
        return (
            _sentences()["types"][bound]
            if isinstance(bound, str)
            else f"has to be {' or '.join(bound)}"
        )
    if "type" not in schema and kind != "pattern":
        return "has to be a number, or a quantity such as 50m"
    if kind == "enum":
        bound = ", ".join(map(str, bound)) + _meant(str(error.instance), map(str, bound))
    described = schema.get("description") if kind == "pattern" else None
    return str(described or _sentences()["bounds"][kind].format(bound))


@cache
def _sentences() -> dict[str, dict[str, str]]:
    """Return the sentences about wrong types, and about the bounds of other keywords."""
    text = files("mare.documents").joinpath("sentences.json").read_text(encoding="utf-8")
    sentences: dict[str, dict[str, str]] = json.loads(text)
    return sentences


def _strict(schema: Schema) -> Schema:
    """Return the schema, closed to unknown fields unless it has additionalProperties."""
    strict = dict(schema)
    if "properties" in schema:
        is_open = strict.get("x-kubernetes-preserve-unknown-fields", False)
        strict.setdefault("additionalProperties", is_open)
        strict["properties"] = {n: _strict(below) for n, below in schema["properties"].items()}
    if _of_others(schema):
        strict["additionalProperties"] = _strict(_of_others(schema))
    if "items" in schema:
        strict["items"] = _strict(schema["items"])
    if strict.pop("x-kubernetes-list-type", None) == "set":
        strict["uniqueItems"] = True
    return strict


def _broken_rules(value: Any, schema: Schema, path: Path) -> Iterator[Mistake]:
    rules = schema.get("x-kubernetes-validations", ())
    activation = {"self": json_to_cel(value)} if rules else {}
    for rule in rules:
        if not _program(rule["rule"]).evaluate(activation):
            below = rule.get("fieldPath", "").split(".")[1:]
            yield Mistake((*path, *below), rule["message"])
    if isinstance(value, dict):
        for name, child in value.items():
            below_schema = schema.get("properties", {}).get(name) or _of_others(schema)
            yield from _broken_rules(child, below_schema, (*path, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _broken_rules(child, schema.get("items", {}), (*path, index))


@cache
def _program(rule: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(rule))
