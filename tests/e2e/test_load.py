"""Two minutes of people: the replicas rise, nobody is refused, the replicas fall."""

from pathlib import Path

import pytest

from tests.e2e.application import Application
from tests.load import tide

PICTURE = Path(".cache/load.svg")
"""What the last run looked like; docs/pictures has one."""


@pytest.mark.timeout(1000)
def test_replicas_follow_a_tide_of_requests(application: Application, tmp_path: Path):
    course = tide.run(application, tmp_path)

    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(tide.picture(course, target_seconds=0.5, most=5))
    assert course.failed == 0
    assert course.answered > 400
    assert course.most_ready >= 3
