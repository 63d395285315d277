"""Fail if something that is generated from the code is not as the code has it: ``make check``.

``make schema`` runs this with ``--write``. A table stands between ``<!-- MARK -->`` and
``<!-- /MARK -->`` of its page; other files are generated whole.
"""

import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import answers
import asyncapi
import chart_docs
import chart_values
import custom_resource
import reference
import settings_docs

FILES: dict[Path, Callable[[], str]] = {
    Path("operator/src/mare/custom_resource/schema.json"): custom_resource.schema,
    Path("gateway/src/mare_gateway/api/answers.json"): answers.text,
    Path("docs/asyncapi.yaml"): asyncapi.text,
    **chart_values.FILES,
}
TABLES: list[tuple[Path, str, Callable[[], str]]] = [
    (Path("docs/queueautoscaler.md"), "fields", custom_resource.fields),
    (Path("docs/cli.md"), "commands", reference.commands),
    (Path("docs/metrics.md"), "operator", reference.metrics),
    *((page, mark, partial(settings_docs.table, kind)) for page, mark, kind in settings_docs.KINDS),
    *((page, "values", partial(chart_docs.table, page)) for page in chart_docs.PAGES),
]


def main() -> None:
    warnings.filterwarnings("ignore", message="\nEventlet is deprecated")
    write = sys.argv[1:] == ["--write"]
    stale = [str(file) for file, text in FILES.items() if replace(file, text(), write=write)]
    for page, mark, table in TABLES:
        head, begun, rest = page.read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")
        text = head + begun + table() + rest[rest.index(f"<!-- /{mark} -->") :]
        if replace(page, text, write=write):
            stale.append(f"{page} ({mark})")
    if stale and not write:
        sys.exit(f"Not as the code has it: {', '.join(stale)}. Run 'make schema'.")


def replace(file: Path, text: str, *, write: bool) -> bool:
    """Return whether a file differs from a text, which it has afterwards if this may write."""
    differs = file.read_text(encoding="utf-8") != text
    if differs and write:
        file.write_text(text, encoding="utf-8")
    return differs


if __name__ == "__main__":
    main()
