"""Examples in pages: a comment `example: NAME` stands before each block that is a file."""

import re
from pathlib import Path

_EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
_ROOT = Path(__file__).parents[1]


def write_examples(page: str, folder: Path) -> None:
    """Write the examples of a page to `folder`."""
    examples = _EXAMPLE.findall((_ROOT / page).read_text(encoding="utf-8"))
    assert examples
    for name, code in examples:
        (folder / name).write_text(code, encoding="utf-8")
