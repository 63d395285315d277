"""Two minutes of load: replicas are added, no request fails, replicas are removed."""

from pathlib import Path

import pytest

from tests.e2e.application import Application
from tests.load import tide

PICTURE = Path(".cache/load.svg")
"""The picture of the last run."""


@pytest.mark.timeout(1000)
def test_replicas_follow_the_request_rate(application: Application, tmp_path: Path):
    load = tide.run(application, tmp_path)

    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(tide.picture(load, target_seconds=0.5, most=5))
    assert load.failed == 0
    assert load.answered > 400
    assert load.most_ready >= 3
