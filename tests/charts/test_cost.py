"""The formulas of docs/cost.md count each workload once, whichever replica of the operator led."""

import re

import pytest

from tests.charts.helm import CHARTS
from tests.charts.promtool import evaluate

FORMULAS = re.findall(
    r"^```promql\n(.*?)^```", (CHARTS.parent / "docs/cost.md").read_text(), re.MULTILINE | re.DOTALL
)
HOURS = [3 * 720, (4 - 3) * 720]
"""What 4 replicas for 15 days and 2 for 15 more cost, and what they save against 4."""
OF = 'mare_current_replicas{{namespace="shop", name="worker", pod="{}"}}'
LEADERS = [
    {"series": OF.format("a"), "values": "_ 4x359 stale"},
    {"series": OF.format("b"), "values": "_x360 2x360"},
]


@pytest.mark.parametrize(("formula", "hours"), [*zip(FORMULAS, HOURS, strict=True)])
def test_a_new_leader_changes_no_costs(promtool, tmp_path, formula, hours):
    sample = {"labels": '{namespace="shop", name="worker"}', "value": hours}
    hourly = formula.replace(":5m]", ":1h]")  # promtool takes at most 10,000 samples
    expected = {"expr": hourly, "eval_time": "30d", "exp_samples": [sample]}
    test = {"interval": "1h", "input_series": LEADERS, "promql_expr_test": [expected]}

    evaluate(promtool, tmp_path, {"tests": [test]})
