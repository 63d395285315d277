import pytest

from tests.charts.playlists.conftest import ALONE
from tests.charts.scoring import faults


@pytest.mark.nightly
def test_a_policy_linter_finds_nothing(helm, chart):
    values = {"valkey": {"enabled": True}, "gateway": {"autoscaling": {"enabled": True}}}

    assert faults(helm.template(chart, {**ALONE, **values})) == []
