from tests.charts.operator.conftest import CHART
from tests.charts.scoring import faults


def test_a_policy_linter_finds_nothing(helm):
    assert faults(helm.template(CHART)) == []
