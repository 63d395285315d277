"""A rise counts if it exceeds its error, and what the load explains."""

from random import Random

import pytest

from tests.load.chaos.slopes import Slope, fit

HOUR = [float(second) for second in range(0, 3600, 15)]


def verdict(samples, explained: float = 0.0) -> str:
    slope = fit(samples)
    assert slope
    return slope.verdict(explained)


def test_noise_around_a_constant_is_flat():
    random = Random(1)

    assert verdict([(at, 100 + random.gauss(0, 20)) for at in HOUR]) == "flat"


def test_a_leak_under_noise_rises():
    random = Random(1)

    assert verdict([(at, 100 + at / 60 + random.gauss(0, 5)) for at in HOUR]) == "rises"


def test_the_slope_is_a_change_an_hour():
    slope = fit([(at, 50 + at / 3600 * 7) for at in HOUR])

    assert slope
    assert slope.per_hour == pytest.approx(7)
    assert slope.error == pytest.approx(0, abs=1e-9)


def test_the_error_covers_the_true_slope_of_dependent_samples_nine_times_of_ten():
    covered = 0
    for seed in range(100):
        random, level, samples = Random(seed), 100.0, []
        for at in HOUR:
            level += (100 - level) * 0.3 + random.gauss(0, 5)
            samples.append((at, level + at / 3600 * 30))
        slope = fit(samples)
        assert slope
        covered += abs(slope.per_hour - 30) < slope.error

    assert covered >= 90


def test_a_restart_that_frees_memory_is_no_rise():
    saw = [(at, 50 + at % 600 / 100) for at in HOUR]

    assert verdict(saw) == "flat"


def test_a_rise_of_less_than_a_twentieth_of_the_mean_is_flat():
    assert Slope(per_hour=4.9, error=0.1, mean=100, hours=1).verdict() == "flat"
    assert Slope(per_hour=5.1, error=0.1, mean=100, hours=1).verdict() == "rises"


def test_what_the_load_adds_explains_a_rise_of_that_size_only():
    rows = [(at, at * 4) for at in HOUR]

    assert verdict(rows, explained=14_400) == "explained"
    assert verdict(rows, explained=7_200) == "rises"


def test_a_fall_is_no_leak():
    assert verdict([(at, 500 - at / 10) for at in HOUR]) == "falls"


def test_two_blocks_have_no_error_and_so_no_slope():
    assert fit([]) is None
    assert fit([(0, 1), (1, 2)]) is None
