"""Say whether the fields in docs/queueautoscaler.md are those of the custom resource's definition.

``make schema`` runs this with ``--write``. The table stands between ``<!-- fields -->`` and
``<!-- /fields -->``. What `targets` has in common with `target`, and `scaleDown` with `scaleUp`, is
told once.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schema import DEFINITION, spec
from tables import refresh

PAGE = Path("docs/queueautoscaler.md")


def table() -> str:
    """Return the fields of the spec as a Markdown table."""
    fields = dict(_fields(spec(), ""))
    rows = [_row(path, node) for path, node in fields.items() if _original(path) not in fields]
    return "\n".join(["| field | default | what it says |", "|---|---|---|", *rows]) + "\n"


def _original(path: str) -> str | None:
    """The field that means the same and is told instead."""
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


if __name__ == "__main__":
    check = sys.argv[1:] != ["--write"]
    if not refresh(PAGE, "fields", table(), check=check) and check:
        sys.exit(f"{PAGE} does not tell the fields of {DEFINITION}: run 'make schema'.")
