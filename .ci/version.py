"""The version of everything that is released together. It stands in the file VERSION.

python .ci/version.py             check that all distributions and charts have it
python .ci/version.py --write     write it to them
python .ci/version.py --tag v1.2  check the name of a tag as well
python .ci/version.py --notes     print the part of CHANGELOG.md about it
"""

import re
import sys
from pathlib import Path

PLACES = {
    **{
        Path(part, "pyproject.toml"): r'(?m)^(version = ")[^"]+'
        for part in ("runtime", "gateway", "services", "operator", "client")
    },
    **{Path("charts", chart, "Chart.yaml"): r"(?m)^(version: )\S+" for chart in ("rabbitmq",)},
    **{
        Path("charts", chart, "Chart.yaml"): r"(?m)^((?:appV|v)ersion: )\S+"
        for chart in ("operator", "playlists")
    },
    Path("README.md"): r"(?m)^(\*Version )[^,]+",
}
"""Files, and the expression whose first group stands before the version. appVersion of the chart
rabbitmq is RabbitMQ's."""


def main() -> None:
    version = Path("VERSION").read_text(encoding="utf-8").strip()
    match sys.argv[1:]:
        case []:
            refresh(version, check=True)
        case ["--write"]:
            refresh(version, check=False)
        case ["--tag", tag]:
            refresh(version, check=True)
            if tag != f"v{version}":
                sys.exit(f"The tag is {tag}, but VERSION is {version}: the tag must be v{version}.")
            notes(version)
        case ["--notes"]:
            print(notes(version))
        case _:
            sys.exit(__doc__)


def refresh(version: str, *, check: bool) -> None:
    """Write the version to all places; with `check`, exit if one has another."""
    for path, expression in PLACES.items():
        before = path.read_text(encoding="utf-8")
        after = re.sub(expression, rf"\g<1>{version}", before)
        if after == before:
            continue
        if check:
            sys.exit(f"{path} differs from VERSION: run 'python .ci/version.py --write'.")
        path.write_text(after, encoding="utf-8")


def notes(version: str) -> str:
    """Return the part of CHANGELOG.md about a version; exit if there is none."""
    text = Path("CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"(?ms)^## {re.escape(version)}\b.*?\n(.*?)(?=^## |\Z)", text)
    if not found:
        sys.exit(f"CHANGELOG.md has no heading '## {version}': rename 'Unreleased'.")
    return found[1].strip()


if __name__ == "__main__":
    main()
