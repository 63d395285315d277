"""Which replicas a scale-down removes, where RabbitMQ gives messages to the idlest consumer."""

from collections import deque
from collections.abc import Mapping
from random import Random

import pytest

from mare.domain.idle_replicas import IdleReplicas

BEFORE, NOW = {"a": 0, "b": 0, "c": 2, "d": 1}, {"a": 0, "b": 0, "c": 3, "d": 0}
"""`a` is idle since the sample at 10 s, `b` since 5 s, `d` since 15 s."""


def order(held: Mapping[str, int], *, in_turn: bool = True) -> list[str]:
    known = IdleReplicas().observe(5, BEFORE | {"a": 1}).observe(10, BEFORE).observe(15, NOW)
    costs = known.costs(held, in_turn=in_turn)
    assert all((costs[each] > 0) == (held[each] > 0) for each in costs)
    return sorted(costs, key=lambda each: (costs[each], each))


def test_the_replica_that_became_idle_last_goes_first_and_the_busiest_last():
    assert order(NOW) == ["d", "a", "b", "c"]


def test_a_replica_that_was_just_busy_goes_after_all_idle_ones_if_that_counts():
    assert order(NOW | {"d": 1}) == ["a", "b", "d", "c"]


def test_without_turns_no_idle_replica_is_better_than_another():
    assert order(NOW, in_turn=False) == ["a", "b", "d", "c"]


def test_after_a_gap_it_is_not_known_which_replica_became_idle_first():
    known = IdleReplicas().observe(5, {"a": 0, "b": 1})

    assert known.observe(20, {"a": 0, "b": 0}).since == {"a": 5, "b": 20}
    assert known.observe(21, {"a": 0, "b": 0}).since == {"a": 21, "b": 21}


def busy_victims(replicas: int, rate: float, seconds: tuple[int, int], removed: int) -> list[float]:
    """Return shares of victims that have a task: by costs, by two idle samples, and by chance.

    Tasks of so many `seconds` come at random, `rate` of them a second. The statistics are of every
    5 s and up to 10 s old.
    """
    met = [0, 0, 0]
    for seed in range(400):
        random = Random(seed)
        idle, ends = deque(f"r{n}" for n in range(replicas)), dict[str, float]()
        age, known, samples = random.uniform(0, 10), IdleReplicas(), list[Mapping[str, int]]()
        for second in range(200):
            if second % 5 == 0 and second <= 200 - age:
                samples.append({each: int(each in ends) for each in [*idle, *ends]})
                known = known.observe(second, samples[-1])
            for each in [each for each, at in ends.items() if at <= second]:
                del ends[each]
                idle.append(each)
            if idle and random.random() < rate:
                ends[idle.popleft()] = second + random.uniform(*seconds)
        by_costs, by_chance = known.costs(samples[-1]), dict.fromkeys(samples[-1], 0)
        by_samples = {each: sum(held[each] for held in samples[-2:]) for each in by_chance}
        for number, costs in enumerate((by_costs, by_samples, by_chance)):
            victims = sorted(costs, key=lambda each: (costs[each], random.random()))[:removed]
            met[number] += sum(each in ends for each in victims)
    return [each / 400 / removed for each in met]


@pytest.mark.parametrize(
    ("replicas", "rate", "seconds", "removed"),
    [(10, 0.15, (20, 40), 2), (10, 0.45, (5, 15), 2), (20, 0.5, (10, 30), 5)],
)
def test_fewer_scale_downs_meet_a_busy_replica(replicas, rate, seconds, removed):
    by_costs, by_samples, by_chance = busy_victims(replicas, rate, seconds, removed)

    assert by_costs < 0.7 * by_samples
    assert by_costs < by_chance
