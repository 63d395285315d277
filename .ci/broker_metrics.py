"""Compare the metrics of a broker with those that the alerts of charts/rabbitmq were tested on.

``python .ci/broker_metrics.py PAGE...`` reads pages that a node of a newer RabbitMQ exports, as
files, and fails if a metric of the alerts is missing or has lost a label. Further labels are
printed only: an alert that counts series must be tested with them (tests/charts/test_alerts.py).
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

STORED = Path("tests/charts/rabbitmq/scrape-4.0.5.txt")
_SERIES = re.compile(r"^([a-z_]\w*)(?:\{(.*)\})? [^ ]+$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


def labels(text: str) -> dict[str, set[str]]:
    """Return the names of the labels that series of a metric have, by its name."""
    found: dict[str, set[str]] = {}
    for name, pairs in _SERIES.findall(text):
        found.setdefault(name, set()).update(_LABEL.findall(pairs))
    return found


def differences(known: str, pages: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return what an alert would miss, and what is new, one sentence each."""
    exported: dict[str, set[str]] = {}
    for page in pages:
        for name, its in labels(page).items():
            exported.setdefault(name, set()).update(its)
    missing, new = [], []
    for name, its in labels(known).items():
        if name not in exported:
            missing.append(f"{name} is not exported.")
            continue
        missing += [f"{name} has no label {label}." for label in sorted(its - exported[name])]
        new += [f"{name} has a new label {label}." for label in sorted(exported[name] - its)]
    return missing, new


def main() -> None:
    pages = [Path(file).read_text(encoding="utf-8") for file in sys.argv[1:]]
    missing, new = differences(STORED.read_text(encoding="utf-8"), pages)
    print(*new, sep="\n")
    if missing:
        sys.exit("\n".join(missing))


if __name__ == "__main__":
    main()
