"""Check the relative links of all pages, and copy the pages for the generator of the site.

``python .ci/docs.py`` checks, ``python .ci/docs.py FOLDER`` copies as well. The site has the pages
of the repository in their folders, so that the same links work there and in a code browser.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ELSEWHERE = ("http:", "https:", "mailto:")


def pages() -> list[Path]:
    """Return the Markdown files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listed.stdout.splitlines() if (path := Path(line)).exists()]


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of the repository that a page links to, each with its section or ""."""
    text = _INLINE_CODE.sub("", _CODE.sub("", page.read_text(encoding="utf-8")))
    for first, second in _LINK.findall(text):
        target, _, section = (first or second).partition("#")
        if not target.startswith(_ELSEWHERE):
            yield (page.parent / target if target else page), section


def sections(page: Path) -> set[str]:
    """Return the names by which a link can lead to the headings of a page."""
    headings = _HEADING.findall(_CODE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def main() -> None:
    linked = {page: list(links(page)) for page in pages()}
    broken = [
        f"{page} links to {target}{section and '#' + section}, which does not exist"
        for page, targets in linked.items()
        for target, section in targets
        if not target.is_file() or (section and section not in sections(target))
    ]
    if broken:
        sys.exit("\n".join(broken))
    if len(sys.argv) > 1:
        _copy({*linked, *(each for targets in linked.values() for each, _ in targets)})


def _copy(files: set[Path]) -> None:
    folder, root = Path(sys.argv[1]), Path.cwd()
    shutil.rmtree(folder, ignore_errors=True)
    for file in files:
        copy = folder / file.resolve().relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


if __name__ == "__main__":
    main()
