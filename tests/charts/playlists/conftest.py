"""The chart of the whole application, with the charts that it depends on."""

from pathlib import Path

import pytest

from tests.charts.helm import CHARTS, Helm

CHART = CHARTS / "playlists"
ALONE = {
    "rabbitmq": {"enabled": False},
    "operator": {"enabled": False},
    "broker": {"secretName": "broker"},
}
"""Without the charts that it depends on: what is left is its own."""


@pytest.fixture(scope="session")
def chart(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return helm.vendored(CHART, tmp_path_factory.mktemp("playlists-chart"))
