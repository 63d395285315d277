"""Helm 3 and Helm 4 read the charts alike."""

from pathlib import Path

from tests.charts.full_values import FULL
from tests.charts.helm import Helm
from tests.charts.playlists.conftest import chart  # noqa: F401 - a fixture


def test_both_render_the_same_objects_of_all_charts(each_helm: Helm, helm: Helm, chart: Path):  # noqa: F811
    each_helm.lint(chart, FULL)

    assert each_helm.template(chart, FULL).objects == helm.template(chart, FULL).objects
