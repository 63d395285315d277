"""Look at every tracked file for what has no place in the repository.

Names of package registries (a mirror must do as well), paths of one machine, source files of more
than 300 lines, and definitions after the call of main, which does not find them.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_SOURCE = 300
SOURCES = {".py", ".sh", ".js", ".css", ".html", ".go", ".tpl"}
REGISTRIES = re.compile(
    r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|proxy[.]golang|deb[.]debian|index[.]crates"
)
AFTER_MAIN = re.compile(
    r'^if __name__ == "__main__":.*^(?:async )?(?:def|class) ', re.MULTILINE | re.DOTALL
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}/-])/(?:work|root|home/\w+)/")


def main() -> None:
    if not (Path(".git").exists() and shutil.which("git")):
        print("No git here, so nothing is tracked and nothing was looked at.")
        return
    names = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout.split("\0")
    faults = [fault for name in names if name for fault in look_at(Path(name))]
    if faults:
        sys.exit("\n".join(faults))


def look_at(path: Path) -> Iterator[str]:
    """Yield one line for each fault of a file; binary and removed files have none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return
    if path.suffix in SOURCES and len(lines) > LONGEST_SOURCE:
        yield f"{path}: {len(lines)} lines, more than {LONGEST_SOURCE}"
    if path.suffix == ".py" and AFTER_MAIN.search("\n".join(lines)):
        yield f"{path}: definitions after main is called"
    for number, line in enumerate(lines, 1):
        if REGISTRIES.search(line):
            yield f"{path}:{number}: names a package registry"
        if MACHINE_PATHS.search(line):
            yield f"{path}:{number}: a path of one machine"


if __name__ == "__main__":
    main()
