"""The QueueAutoscaler that is written: values with remarks, as data and as YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from mare.custom_resource.checking import spec_schema
from mare.documents.schema import Schema
from mare.documents.tree import Path, printable


@dataclass(slots=True)
class Line:
    """A value of the output; a list is written in one line."""

    value: Any
    remark: str = ""


Tree = dict[str, Any]


class Manifest:
    def __init__(self) -> None:
        self._tree: Tree = {}

    def put(self, path: str | Path, value: Any, remark: str = "") -> None:
        """Set a value, or add the remark to the one that is there and the same."""
        way = steps(path)
        place: Any = self._tree
        for step, following in pairwise(way):
            place = _enter(place, step, [] if isinstance(following, int) else {})
        line = _enter(place, way[-1], Line(value))
        assert isinstance(line, Line)
        assert line.value == value, f"{path} is already {line.value}"
        if remark and remark not in line.remark:
            line.remark = f"{line.remark}; {remark}" if line.remark else remark

    def __bool__(self) -> bool:
        return bool(self._tree)

    def data(self) -> Tree:
        plain = _plain(self._tree, _schema())
        assert isinstance(plain, dict)
        return plain

    def yaml(self, head: str) -> str:
        return "\n".join([f"# {printable(head)}", *_mapping(self._tree, _schema(), "")]) + "\n"


def steps(path: str | Path) -> Path:
    """Return the parts of a dotted path; digits are an index."""
    if isinstance(path, tuple):
        return path
    return tuple(int(part) if part.isdigit() else part for part in path.split("."))


def _enter(place: Any, step: str | int, new: Any) -> Any:
    if isinstance(step, str):
        return place.setdefault(step, new)
    if step >= len(place):
        place.append(new)
        return new
    return place[step]


def _schema() -> Schema:
    """Return the schema of the object, in whose order the fields are written."""
    return {"properties": {"apiVersion": {}, "kind": {}, "metadata": {}, "spec": spec_schema()}}


def _ordered(tree: Tree, schema: Schema) -> Iterator[tuple[str, Any, Schema]]:
    """Yield key, node and schema of the known fields, then of the others in their own order."""
    known = schema.get("properties", {})
    for key in [*(key for key in known if key in tree), *(key for key in tree if key not in known)]:
        yield key, tree[key], known.get(key, {})


def _plain(node: Any, schema: Schema) -> Any:
    if isinstance(node, Line):
        return node.value
    if isinstance(node, list):
        return [_plain(item, schema.get("items", {})) for item in node]
    return {key: _plain(child, below) for key, child, below in _ordered(node, schema)}


def _mapping(tree: Tree, schema: Schema, indent: str) -> list[str]:
    lines = []
    for key, node, below in _ordered(tree, schema):
        name = scalar(key)
        if isinstance(node, Line):
            remark = f"  # {printable(node.remark)}" if node.remark else ""
            lines.append(f"{indent}{name}: {scalar(node.value)}{remark}")
        elif isinstance(node, dict):
            lines += [f"{indent}{name}:", *_mapping(node, below, indent + "  ")]
        else:
            lines.append(f"{indent}{name}:")
            for item in node:
                if isinstance(item, Line):
                    lines.append(f"{indent}  - {scalar(item.value)}")
                    continue
                first, *rest = _mapping(item, below.get("items", {}), indent + "    ")
                lines += [f"{indent}  - {first.lstrip()}", *rest]
    return lines


def scalar(value: Any) -> str:
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        width=10**9,
        allow_unicode=True,
        sort_keys=False,
    )
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    """Quotes strings to which Go's YAML parser gives another type than PyYAML: 1e3, y."""

    def represent_word(self, text: str) -> yaml.Node:
        misread = text[:1] in set("0123456789+-.") or text in set("yYnN")
        style = '"' if misread or not text.isprintable() else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_word)
