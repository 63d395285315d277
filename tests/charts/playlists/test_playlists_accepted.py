"""All that the application's chart renders, before a real API server in a restricted namespace."""

import pytest

from tests.charts.playlists.test_playlists_chart import MATRIX


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_it(helm, chart, accept, values):
    accept(helm.template(chart, values))
