"""All that the chart renders, before a real API server in a restricted namespace."""

import pytest

from tests.charts.rabbitmq.matrix import CHART, MATRIX

FOREIGN = {"Certificate"}
"""cert-manager's definition is in no module that a Go proxy serves in parts."""


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_it(helm, accept, values):
    rendered = helm.template(CHART, values)

    accept(each for each in rendered if each["kind"] not in FOREIGN)
