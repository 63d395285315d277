"""What the measurement of a migration reports as time without an autoscaler."""

import pytest

from tests.load.scaler_watch import handovers


@pytest.mark.parametrize(
    ("acting", "reported"),
    [
        pytest.param("KK", [], id="nothing changes"),
        pytest.param("KKbMM", [("both", 1), ("Maré", 1)], id="handed over without a gap"),
        pytest.param("K--M", [("Maré", 3)], id="a gap between two"),
        pytest.param("KK---KK", [("KEDA", 4)], id="the same one returns"),
        pytest.param("M-M-M", [("Maré", 2), ("Maré", 2)], id="it returns twice"),
        pytest.param("M---", [("none", 3)], id="none at the end"),
        pytest.param("--K", [("KEDA", 2)], id="none at the beginning"),
        pytest.param("---", [("none", 2)], id="none at all"),
        pytest.param("", [], id="no sample"),
    ],
)
def test_each_time_without_an_autoscaler_is_reported(acting, reported):
    names = {"K": "KEDA", "M": "Maré", "b": "both", "-": "none"}
    samples = [(float(second), names[each]) for second, each in enumerate(acting)]

    assert list(handovers(samples)) == reported
