"""The table of values of each chart's README, from the comments in its values.yaml.

``# -- What it does.`` directly above a key makes a row of it. The default is the key's value; the
keys below it become rows if they have such a comment of their own, and are part of the default
otherwise.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PAGES = tuple(Path("charts").glob("*/README.md"))

_KEY = re.compile(r"^(?P<indent> *)(?P<key>[\w.-]+|\"[^\"]+\"):")
_COMMENT = re.compile(r"^ *# -- (?P<text>.*)$")
_CONTINUED = re.compile(r"^ *# (?P<text>.*)$")
_LONGEST_DEFAULT = 70


def table(readme: Path) -> str:
    """Return a row for each described value of the chart beside ``readme``."""
    values = (readme.parent / "values.yaml").read_text(encoding="utf-8")
    defaults = yaml.safe_load(values)
    rows: dict[str, str] = {}
    for path, text in _documented(values):
        name, words = ".".join(path), text.replace("|", "\\|")
        if name in rows:
            sys.exit(f"{name} stands twice, and YAML takes the last without a word: leave one out.")
        rows[name] = f"| `{name}` | {_default(_at(defaults, path))} | {words} |"
    return "\n".join(["| value | default | what it does |", "|---|---|---|", *rows.values(), ""])


def _documented(values: str) -> Iterator[tuple[list[str], str]]:
    path: list[tuple[int, str]] = []
    text = ""
    for line in values.splitlines():
        if begun := _COMMENT.match(line):
            text = begun["text"]
        elif text and (continued := _CONTINUED.match(line)):
            text += f" {continued['text']}"
        elif found := _KEY.match(line):
            indent = len(found["indent"])
            path = [*((at, key) for at, key in path if at < indent), (indent, found["key"])]
            if text:
                yield [key.strip('"') for _, key in path], text
            text = ""
        else:
            text = ""


def _at(defaults: Any, path: list[str]) -> Any:
    for key in path:
        defaults = defaults[key]
    return defaults


def _default(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > _LONGEST_DEFAULT:
        return "see values.yaml"
    return f"`{text}`".replace("|", "\\|")
