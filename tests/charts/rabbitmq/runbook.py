"""Runs commands of docs/rabbitmq.md on a test's nodes, as a person with a terminal would."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/rabbitmq.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`(on [^`]+)`")


def commands(section: str) -> list[str]:
    """Return the commands that a section prints, those of its blocks before those of its text."""
    head = re.search(rf"^##+ {re.escape(section)}\n", PAGE.read_text(), re.MULTILINE)
    assert head, f"No section {section} in {PAGE.name}"
    text = re.split(r"^##+ ", PAGE.read_text()[head.end() :], maxsplit=1, flags=re.MULTILINE)[0]
    blocks = "".join(_BLOCK.findall(text))
    prompts = [each for each in re.split(r"^\$ ", blocks, flags=re.MULTILINE) if each]
    return [*prompts, *_SPAN.findall(_BLOCK.sub("", text))]


def command(section: str, beginning: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words of the one command that begins so, for a node's container.

    ``names`` has what stands in place of words like VHOST.
    """
    found = [each for each in commands(section) if each.startswith(f"on {beginning}")]
    assert found, f"Section {section} of {PAGE.name} has no command: on {beginning}"
    words = shlex.split(found[0].replace("\\\n", " "))[1:]
    for place, name in names.items():
        words = [re.sub(rf"\b{place}\b", name, word) for word in words]
    return tuple(words)
