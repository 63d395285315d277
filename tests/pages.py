"""Examples in pages: a comment `example: NAME` stands before each block that is a file."""

import re
from pathlib import Path

_EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
_ROOT = Path(__file__).parents[1]


def write_examples(page: str, folder: Path, **replacements: str) -> None:
    """Write the examples of a page to `folder`, with some words replaced."""
    examples = _EXAMPLE.findall((_ROOT / page).read_text(encoding="utf-8"))
    assert examples
    for name, code in examples:
        for old, new in replacements.items():
            code = code.replace(old, new)  # noqa: PLW2901
        (folder / name).write_text(code, encoding="utf-8")
