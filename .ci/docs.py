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
_ELSEWHERE = ("http:", "https:", "mailto:", "#")


def pages() -> list[Path]:
    """Return the Markdown files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listed.stdout.splitlines() if (path := Path(line)).exists()]


def links(page: Path) -> Iterator[Path]:
    """Yield the files of the repository that a page links to."""
    text = _INLINE_CODE.sub("", _CODE.sub("", page.read_text(encoding="utf-8")))
    for first, second in _LINK.findall(text):
        target = (first or second).split("#")[0]
        if target and not target.startswith(_ELSEWHERE):
            yield page.parent / target


def main() -> None:
    linked = {page: list(links(page)) for page in pages()}
    broken = [
        f"{page} links to {target}, which is not a file"
        for page, targets in linked.items()
        for target in targets
        if not target.is_file()
    ]
    if broken:
        sys.exit("\n".join(broken))
    if len(sys.argv) > 1:
        _copy({*linked, *(each for targets in linked.values() for each in targets)})


def _copy(files: set[Path]) -> None:
    folder, root = Path(sys.argv[1]), Path.cwd()
    shutil.rmtree(folder, ignore_errors=True)
    for file in files:
        copy = folder / file.resolve().relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


if __name__ == "__main__":
    main()
