"""The operator's schema.json and the table of fields, from the definition of the custom resource.

The operator has the spec's schema, without its prose, to read QueueAutoscalers where there is no
API server that completes and refuses.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DEFINITION = Path("charts/operator/crds/queueautoscalers.mare.dev.yaml")


def schema() -> str:
    return json.dumps(_without_prose(_spec()), indent=1) + "\n"


def fields() -> str:
    """Return the fields of the spec as a Markdown table.

    What `targets` has in common with `target`, and `scaleDown` with `scaleUp`, is described once.
    """
    found = dict(_fields(_spec(), ""))
    rows = [_row(path, node) for path, node in found.items() if _original(path) not in found]
    return "\n".join(["| field | default | what it says |", "|---|---|---|", *rows]) + "\n"


def _spec() -> dict[str, Any]:
    """Return the schema of the spec, as the definition has it."""
    (version,) = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))["spec"]["versions"]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


def _without_prose(node: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in node.items() if key != "description"}
    if "properties" in found:
        below = found["properties"].items()
        found["properties"] = {name: _without_prose(child) for name, child in below}
    if "items" in found:
        found["items"] = _without_prose(found["items"])
    return found


def _original(path: str) -> str | None:
    """The field that means the same and is described instead."""
    for copy, original in (("targets[].", "target."), ("scaleDown.", "scaleUp.")):
        if copy in path:
            return path.replace(copy, original)
    return None


def _fields(node: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, child in node.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, {**child, "required": name in node.get("required", ())}
        yield from _fields(child, f"{path}.")
        yield from _fields(child.get("items", {}), f"{path}[].")


def _row(path: str, node: dict[str, Any]) -> str:
    default = "required" if node["required"] else node.get("default", "")
    shown = "" if default == {} else str(default).lower() if default is False else default
    text = " ".join(node.get("description", "").split()).replace("|", "\\|")
    return f"| `{path}` | {shown} | {text} |"
