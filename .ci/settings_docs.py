"""The tables of environment variables, from the classes that read them.

Each field of a class is one row; the string below the field is its description.
"""

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from pydoc import locate
from typing import Any

from mare_nameko.settings import variable_name

KINDS = [
    (Path("runtime/README.md"), "settings", "mare_nameko.service.settings.Settings"),
    (Path("gateway/README.md"), "settings", "mare_gateway.settings.Settings"),
    (Path("gateway/README.md"), "events", "mare_gateway.events.settings.Settings"),
    (Path("docs/settings.md"), "operator", "mare.settings.Settings"),
    (Path("docs/settings.md"), "run", "local.settings.Settings"),
    (Path("docs/services.md"), "weather", "mare_services.weather.settings.Settings"),
    (Path("docs/services.md"), "music", "mare_services.music.settings.Settings"),
    (Path("docs/services.md"), "playlists", "mare_services.playlists.settings.Settings"),
    (Path("docs/services.md"), "jobs", "mare_services.jobs.settings.Settings"),
    (Path("docs/services.md"), "webhooks", "mare_services.webhooks.settings.Settings"),
]

Row = tuple[str, Any, str]
"""Name of the variable, default, description."""


def table(name: str) -> str:
    """Return the Markdown table of the settings class with this name."""
    rows = _rows(locate(name))
    lines = [f"| `{name}` | {_shown(default)} | {_cell(text)} |" for name, default, text in rows]
    return "\n".join(["| variable | default | description |", "|---|---|---|", *lines]) + "\n"


def _rows(kind: Any) -> Iterator[Row]:
    texts = {name: text for each in reversed(kind.__mro__) for name, text in _field_texts(each)}
    for field in dataclasses.fields(kind):
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        required = default is dataclasses.MISSING
        yield variable_name(kind, field), ... if required else default, texts.get(field.name, "")


def _field_texts(kind: type) -> Iterator[tuple[str, str]]:
    """Yield the fields that a class declares, with the string below each."""
    if kind is object:
        return
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    for field, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            assert isinstance(field.target, ast.Name)
            assert isinstance(below.value, ast.Constant)
            yield field.target.id, str(below.value.value)


def _shown(default: Any) -> str:
    if default is ...:
        return "required"
    if isinstance(default, tuple | list):
        default = ",".join(map(_text, default))
    return f"`{_text(default)}`" if default not in ("", None) else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")
