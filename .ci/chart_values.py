"""What a chart does without a value, from its values.yaml and values.schema.json.

Helm's ``--reuse-values`` takes the values of the earlier chart, which lack what the later one has
added, and a value that is set to null is missing too. A template reads such a value as nothing: 0
queues, or no limit. So each chart has a file with the default of each of its values, unless the
schema allows null, which then has a meaning of its own.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml

CHARTS = tuple(file.parent for file in Path("charts").glob("*/values.yaml"))


def lines(chart: Path) -> str:
    """Return a line for each value that templates read: its path and its default."""
    values = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    return "".join(f"{line}\n" for line in _lines(values, schema, schema.get("$defs", {})))


def _lines(
    value: Any, schema: dict[str, Any], defined: dict[str, Any], path: str = ""
) -> Iterator[str]:
    schema = {**defined.get(schema.get("$ref", "").rpartition("/")[2], {}), **schema}
    if isinstance(value, dict) and value and (_is_block(schema) or _is_empty(value)):
        if path and all(each is None for each in value.values()):
            yield f"{path} {{}}"
        for key, each in value.items():
            below = f"{path}.{key}" if path else key
            yield from _lines(each, schema["properties"].get(key, {}), defined, below)
    elif value is not None and "null" not in schema.get("type", ""):
        yield f"{path} {json.dumps(value)}"


def _is_block(schema: dict[str, Any]) -> bool:
    """Whether a map has the keys of the chart, not those of Kubernetes or of people."""
    return schema.get("additionalProperties") is False


def _is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_empty(each) for each in value.values())
    return value in (None, "", [])


def complete(chart: Path) -> str:
    """Return the template that reads these lines. A chart stands alone, so each has its own."""
    template = Path(__file__).with_name("complete.tpl").read_text(encoding="utf-8")
    return template.replace("CHART", chart.name)


FILES = {
    **{chart / "files/values.txt": partial(lines, chart) for chart in CHARTS},
    **{chart / "templates/_complete.tpl": partial(complete, chart) for chart in CHARTS},
}
