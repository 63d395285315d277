"""The QueueAutoscaler that is written: values with remarks, as data and as YAML."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from mare.documents.tree import Path, printable

ORDER = (
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "scaleTargetRef",
    "brokerRef",
    "secretName",
    "vhost",
    "start",
    "end",
    "timezone",
    "minReplicas",
    "maxReplicas",
    "type",
    "messagesPerReplica",
    "excludeUnacknowledged",
    "queues",
    "target",
    "targets",
    "activation",
    "idle",
    "afterSeconds",
    "replicas",
    "behavior",
    "fallback",
    "schedules",
    "paused",
    "pausedReplicas",
    "dryRun",
)
"""The order of fields; fields that are not listed follow in the order in which they were set."""


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

    def data(self) -> Tree:
        plain = _plain(self._tree)
        assert isinstance(plain, dict)
        return plain

    def yaml(self, head: str) -> str:
        return "\n".join([f"# {printable(head)}", *_mapping(self._tree, "")]) + "\n"


def steps(path: str | Path) -> Path:
    """The parts of a dotted path; digits are an index."""
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


def _plain(node: Any) -> Any:
    if isinstance(node, Line):
        return node.value
    if isinstance(node, list):
        return [_plain(item) for item in node]
    return {key: _plain(child) for key, child in _ordered(node)}


def _ordered(tree: Tree) -> Iterable[tuple[str, Any]]:
    rank = {key: index for index, key in enumerate(ORDER)}
    return sorted(tree.items(), key=lambda item: rank.get(item[0], len(ORDER)))


def _mapping(tree: Tree, indent: str) -> list[str]:
    lines = []
    for key, node in _ordered(tree):
        name = scalar(key)
        if isinstance(node, Line):
            remark = f"  # {printable(node.remark)}" if node.remark else ""
            lines.append(f"{indent}{name}: {scalar(node.value)}{remark}")
        elif isinstance(node, dict):
            lines += [f"{indent}{name}:", *_mapping(node, indent + "  ")]
        else:
            lines.append(f"{indent}{name}:")
            for item in node:
                first, *rest = _mapping(item, indent + "    ")
                lines += [f"{indent}  - {first.lstrip()}", *rest]
    return lines


def scalar(value: Any) -> str:
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, width=10**9, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    """Quotes words that Go's YAML parser reads as another type than PyYAML: 1e3, y."""

    def represent_word(self, text: str) -> yaml.Node:
        misread = text[:1] in set("0123456789+-.") or text in set("yYnN")
        style = '"' if misread or not text.isprintable() else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_word)
