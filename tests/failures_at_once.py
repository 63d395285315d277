"""Names each failed test at once: the summary comes at the end of a run of twenty minutes.

A file that cannot be imported ends the run, also one of several workers, which go on without it.
"""

import pytest
from _pytest.terminal import TerminalReporter


@pytest.hookimpl(trylast=True)  # the reporter is registered by the same hook
def pytest_configure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:  # a worker has none
        is_distributed = config.getoption("dist", "no") != "no"
        config.pluginmanager.register(_Failures(reporter, is_distributed=is_distributed))


class _Failures:
    def __init__(self, reporter: TerminalReporter, *, is_distributed: bool) -> None:
        self._reporter = reporter
        self._is_distributed = is_distributed

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._name(report)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._name(report)
        if report.failed and self._is_distributed:
            pytest.exit(f"{report.longrepr}", pytest.ExitCode.TESTS_FAILED)

    def _name(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            self._reporter.write(f"\nfailed: {report.nodeid}\n")
