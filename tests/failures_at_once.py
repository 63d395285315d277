"""Names each failed test at once: the summary comes at the end of a run of twenty minutes."""

import pytest
from _pytest.terminal import TerminalReporter


@pytest.hookimpl(trylast=True)  # the reporter is registered by the same hook
def pytest_configure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:  # a worker has none
        config.pluginmanager.register(_Failures(reporter))


class _Failures:
    def __init__(self, reporter: TerminalReporter) -> None:
        self._reporter = reporter

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._name(report)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._name(report)

    def _name(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            self._reporter.write(f"\nfailed: {report.nodeid}\n")
