"""Reports how long the workers of a run spent in each folder of tests, set-up included."""

from collections import Counter
from pathlib import PurePath

import pytest
from _pytest.terminal import TerminalReporter

_SHORTEST = 120.0
"""Seconds of a run that is worth a table."""


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                folder = "/".join(PurePath(report.nodeid.partition("::")[0]).parts[1:-1][:2])
                seconds[folder] += report.duration
                tests[folder] += report.when == "call"
    if seconds.total() < _SHORTEST:
        return
    terminalreporter.section("worker-minutes by folder")
    for folder, spent in seconds.most_common():
        terminalreporter.write_line(f"{spent / 60:7.1f}  {folder} ({tests[folder]} tests)")
    terminalreporter.write_line(f"{seconds.total() / 60:7.1f}  in all")
