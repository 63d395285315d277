"""Tables of documents that are written from a source, between a pair of marks in the page."""

import re
from pathlib import Path


def refresh(page: Path, mark: str, rows: str, *, check: bool) -> bool:
    """Return whether ``rows`` stood between ``<!-- mark -->`` and ``<!-- /mark -->``.

    They stand there afterwards, unless this only checks.
    """
    between = re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", re.DOTALL)
    before = page.read_text(encoding="utf-8")
    after = between.sub(lambda _: rows, before)
    if after != before and not check:
        page.write_text(after, encoding="utf-8")
    return after == before
