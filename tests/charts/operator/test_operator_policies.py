import pytest

from tests.charts.operator.conftest import CHART
from tests.charts.scoring import faults


@pytest.mark.nightly
def test_a_policy_linter_finds_nothing(helm):
    assert faults(helm.template(CHART)) == []
