"""Which replicas a scale-down removes, where RabbitMQ gives messages to the idlest consumer."""

from collections import deque
from collections.abc import Mapping
from random import Random

import pytest

from mare.broker.object_reading import busy_replicas
from mare.domain.observation import NOT_REPORTED
from mare.loop.idle_replicas import IdleReplicas
from mare.ports import BrokerReading
from tests.unit.operator.building import reading


def seen(*samples: Mapping[str, int], at: float, single_active: bool = False) -> BrokerReading:
    queues = (reading(single_active=single_active),)
    busy = busy_replicas([samples[0], *samples][-2:])
    return BrokerReading(queues=queues, busy=busy, held=samples[-1], busy_at=at)


BEFORE, NOW = {"a": 1, "b": 0, "c": 2, "d": 1}, {"a": 0, "b": 0, "c": 3, "d": 0}
"""`a` is idle since the sample at 10 s, `b` since 5 s, `d` since 15 s."""


def order(*, only_idle: bool = False) -> list[str]:
    samples = [(5, BEFORE), (10, {**BEFORE, "a": 0}), (15, NOW)]
    known = IdleReplicas()
    for at, sample in samples:
        known = known.observe(seen(sample, at=at))
    last = seen({**BEFORE, "a": 0}, NOW, at=15)
    costs = known.costs(last, only_idle=only_idle)
    assert {each for each in costs if costs[each] > 0} == {"c", *("d" if only_idle else "")}
    return sorted(costs, key=lambda each: (costs[each], each))


def test_the_replica_that_became_idle_last_goes_first_and_the_busiest_last():
    assert order() == ["d", "a", "b", "c"]


def test_where_only_idle_ones_may_go_a_replica_that_was_just_busy_is_busy():
    assert order(only_idle=True) == ["a", "b", "d", "c"]


def test_a_consumer_that_gets_all_messages_is_not_chosen_because_it_became_idle_last():
    known = IdleReplicas().observe(seen({"a": 1, "b": 0}, at=5))
    last = seen({"a": 1, "b": 0}, {"a": 0, "b": 0}, at=10, single_active=True)

    assert known.observe(last).costs(last, only_idle=False) == {"a": 1, "b": 0}


def test_unknown_statistics_leave_what_was_known():
    unknown = BrokerReading(queues=(), busy=NOT_REPORTED)
    known = IdleReplicas().observe(seen({"a": 0, "b": 1}, at=5))

    assert known.observe(unknown) == known


def test_after_a_gap_it_is_not_known_which_replica_became_idle_first():
    known = IdleReplicas().observe(seen({"a": 0, "b": 1}, at=5))

    assert known.observe(seen({"a": 0, "b": 0}, at=20)).since == {"a": 5, "b": 20}
    assert known.observe(seen({"a": 0, "b": 0}, at=21)).since == {"a": 21, "b": 21}


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
                last = seen(*samples[-2:], at=second)
                known = known.observe(last)
            for each in [each for each, at in ends.items() if at <= second]:
                del ends[each]
                idle.append(each)
            if idle and random.random() < rate:
                ends[idle.popleft()] = second + random.uniform(*seconds)
        by_costs, by_chance = known.costs(last, only_idle=False), dict.fromkeys(samples[-1], 0)
        for number, costs in enumerate((by_costs, last.busy, by_chance)):
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
