"""All that the operator's chart renders, before a real API server in a restricted namespace."""

import pytest

from tests.charts.helm import NAMESPACE
from tests.charts.operator.conftest import CHART
from tests.charts.operator.test_operator_chart import MATRIX


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_it(helm, accept, values):
    home = {**values, "namespaces": [NAMESPACE]} if values.get("namespaces") else values

    accept(helm.template(CHART, home))
