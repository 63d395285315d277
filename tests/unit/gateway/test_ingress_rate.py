"""A line of the rates through the ingress, also of a rate at which all requests fail."""

import pytest

from tests.load.ingress_rate import Step, milliseconds


def step(took: list[float], failed: int) -> Step:
    return Step(5.0, took, failed, "1+1+1", {"gateway": 4.0}, 0.5)


def test_a_step_in_which_all_requests_failed_has_no_median():
    assert str(step([], 150)) == "| 5 | 1+1+1 | - | inf | 150 | 50% | gateway 4.0 |"
    assert str(step([0.1], 1)).startswith("| 5 | 1+1+1 | 100 | inf | 1 |")


def test_one_failure_of_many_requests_leaves_the_percentile_a_number():
    assert step([0.1] * 198, 1).p99 == 0.1


def test_only_pods_that_were_there_before_and_after_count():
    before = {"mare-weather-1-a": 10.0, "mare-weather-1-ended": 90.0, "mare-gateway-1-a": 3.0}
    after = {"mare-weather-1-a": 12.0, "mare-weather-1-new": 5.0, "mare-gateway-1-a": 3.5}

    used = milliseconds(before, after, requests=100)

    assert used == pytest.approx({"gateway": 5.0, "weather": 20.0})
