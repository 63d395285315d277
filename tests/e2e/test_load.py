"""Two minutes of load: replicas are added, no request fails, replicas are removed."""

from pathlib import Path

import pytest

from tests.e2e.application import Application
from tests.load import tide

CHART_FILE = Path(".cache/load.svg")
"""The chart of the last run."""


@pytest.mark.nightly
@pytest.mark.timeout(1000)
def test_replicas_follow_the_request_rate(application: Application, tmp_path: Path):
    load = tide.run(application, tmp_path)

    CHART_FILE.parent.mkdir(exist_ok=True)
    CHART_FILE.write_text(tide.draw_chart(load, target_seconds=0.5, most=5))
    assert load.failed == 0
    assert load.answered > 400
    assert load.most_ready >= 3
