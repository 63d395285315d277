"""A rise counts if it exceeds its error, and what the load explains."""

import os
import subprocess
from random import Random

import pytest

from tests.load.chaos import report
from tests.load.chaos.__main__ import FAILURES, broken, every, explained, options
from tests.load.chaos.faults import Fault, nothing
from tests.load.chaos.sampling import ROWS, life_of, messages_in, objects_in
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


def lives(level, grown, seconds=3600, count=4) -> dict[str, list[tuple[float, float]]]:
    """Return the samples of processes, one after the other."""
    random, found = Random(1), {}
    for number in range(count):
        base = level(random)
        found[f"process {number}"] = [
            (number * seconds + at, base + grown(at) + random.gauss(0, 2))
            for at in range(0, seconds, 15)
        ]
    return found


def verdicts(samples: dict[str, list[tuple[float, float]]]) -> list[str]:
    return [verdict for *_, verdict in report.slopes({"memory": samples}, {})]


def test_a_leak_of_processes_that_are_killed_each_hour_rises():
    sawtooth = lives(lambda _: 100, lambda at: 60 * at / 3600)

    assert verdicts(sawtooth) == ["rises"]
    assert verdicts({"": report.averaged(sawtooth)}) == ["flat"]


@pytest.mark.parametrize(("seconds", "count"), [(1200, 12), (3600, 12), (3600, 24)])
def test_a_leak_in_a_long_soak_rises_however_short_its_lives_are(seconds: int, count: int):
    leak = lives(lambda _: 100, lambda at: 60 * at / 3600, seconds, count)

    assert verdicts(leak) == ["rises"]


def test_lives_of_different_length_have_one_slope():
    long, *short = (
        [(at, 10 + at / 3600 * 7) for at in range(0, seconds, 15)] for seconds in (7200, 900, 900)
    )

    slope = fit(long, *short)

    assert slope
    assert slope.per_hour == pytest.approx(7)


def test_noise_in_many_short_lives_does_not_rise():
    rising = 0
    for seed in range(50):
        random, series = Random(seed), []
        for number in range(100):
            level, life = 0.0, []
            for at in range(0, 600 if number % 4 == 0 else 30, 15):
                level = level * 0.7 + random.gauss(0, 5)
                life.append((number * 900 + at, 100 + level))
            series.append(life)
        slope = fit(*series)
        assert slope
        rising += slope.verdict() == "rises"

    assert rising <= 5


def test_a_soak_fails_with_a_series_that_rises_or_is_too_short():
    result = dict.fromkeys(FAILURES, 0)
    result |= {"rising": ["memory of jobs"], "too short": ["memory of celery"], "not reached": []}
    soak, short = options().parse_args(["--soak=1"]), options().parse_args([])

    assert broken(result, soak) == ["memory of jobs rises", "memory of celery is too short"]
    assert broken(result | {"lost": 1}, short) == ["lost"]


def test_a_run_of_all_faults_fails_with_one_that_was_not_reached():
    result = dict.fromkeys(FAILURES, 0) | {"rising": [], "too short": [], "not reached": ["drain"]}

    assert broken(result, options().parse_args([])) == ["not reached"]
    assert broken(result, options().parse_args(["--soak=2"])) == ["not reached"]
    assert broken(result, options().parse_args(["--only", "drain"])) == []


def test_all_steps_have_their_time_while_jobs_are_submitted_or_within_an_hour():
    faults = [
        Fault(name=f"kill {part}", part=part, promise="", begin=nothing, pairs=True)
        for part in "abcd"
    ]

    assert every(faults, options().parse_args(["--jobs=1000", "--rate=2", "--pairs=1"])) == 95
    assert every(faults, options().parse_args(["--jobs=99999", "--rate=2", "--pairs=1"])) == 684
    assert every(faults[:1], options().parse_args(["--jobs=100", "--rate=2"])) == 47.5


def test_processes_that_take_memory_when_they_start_and_then_none_are_flat():
    for seconds, count in ((3600, 4), (1200, 4), (1200, 12), (3600, 12)):
        warming = lives(
            lambda random: random.uniform(90, 110), lambda at: min(at, 240) / 4, seconds, count
        )

        assert verdicts(warming) == ["flat"]


@pytest.mark.parametrize("step_at", [900, 1500, 3000])
def test_processes_that_rise_once_and_then_no_more_do_not_leak(step_at: int):
    stepping = lives(lambda _: 100, lambda at: 40 * (at > step_at))

    assert verdicts(stepping) in (["rises for a time"], ["flat"])


def test_processes_whose_memory_fills_for_half_an_hour_do_not_leak():
    filling = lives(lambda _: 100, lambda at: min(at, 1800) / 40)

    assert verdicts(filling) == ["rises for a time"]


def test_the_slope_of_lives_is_that_within_them():
    rising = [(at, 10 + at / 3600 * 7) for at in HOUR]
    later = [(at + 3600, value - 50) for at, value in rising]

    slope = fit(rising, later)

    assert slope
    assert slope.per_hour == pytest.approx(7)
    assert slope.hours == pytest.approx(2, abs=0.1)


def test_a_run_that_is_too_short_for_a_slope_is_not_flat():
    assert verdicts({"": [(0, 1), (100, 2), (200, 3)]}) == ["too short"]


def test_processes_that_scale_downs_end_early_have_no_slope_in_a_long_run():
    assert verdicts(lives(lambda _: 100, lambda at: at / 60, 480, 8)) == ["short lives"]
    assert verdicts(lives(lambda _: 100, lambda at: at / 60, 480, 2)) == ["too short"]


def test_what_the_load_explains_is_the_name_of_a_series():
    assert set(explained(100)) <= set(ROWS.values())


def test_events_of_the_cluster_and_dead_letters_are_left_out():
    api = (
        'apiserver_resource_objects{group="",resource="pods"} 12\n'
        'apiserver_resource_objects{group="events.k8s.io",resource="events"} 900\n'
    )
    queues = (
        'rabbitmq_detailed_queue_messages{vhost="/",queue="rpc-jobs"} 3\n'
        'rabbitmq_detailed_queue_messages{vhost="/",queue="dead-letters"} 1000\n'
    )

    assert objects_in(api) == 12
    assert messages_in(queues) == 3


def test_a_process_that_started_again_has_another_life():
    own = life_of([os.getpid()])
    with subprocess.Popen(["sleep", "60"]) as child:
        of_child = life_of([child.pid])
        both = life_of([child.pid, os.getpid()])
        child.kill()

    assert own == life_of([os.getpid()])
    assert of_child != own
    assert both == own


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
