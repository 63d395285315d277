"""Which replicas a scale-down meets, where RabbitMQ gives messages to the idlest consumer."""

from collections import deque
from random import Random

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.observation import NOT_REPORTED
from mare.loop.operator_claim import OperatorClaim
from mare.loop.state import AutoscalerState
from mare.loop.victims import deletion_costs, idle_since
from mare.ports import BrokerReading
from tests.unit.operator_loop.worlds import body


def state() -> AutoscalerState:
    return AutoscalerState(read_autoscaler(body()), number=0, claim=OperatorClaim(""))


def observe(seen: AutoscalerState, at: float, **held: int) -> BrokerReading:
    reading = BrokerReading(queues=(), busy=held, held=held, busy_at=at)
    seen.idle_since = idle_since(seen, reading)
    return reading


def test_a_busy_replica_costs_its_messages_and_what_became_idle_last_costs_least():
    seen = state()
    observe(seen, 5, a=1, b=0, c=2, d=0)
    observe(seen, 10, a=0, b=0, c=2, d=1)
    reading = observe(seen, 15, a=0, b=0, c=2, d=0)

    assert deletion_costs(seen, reading) == {"a": -5, "b": 0, "c": 2, "d": -10}


def test_replicas_that_have_been_idle_for_the_same_time_need_no_mark():
    seen = state()
    observe(seen, 5, a=1, b=1)
    reading = observe(seen, 20, a=0, b=0)

    assert deletion_costs(seen, reading) == {"a": 0, "b": 0}


def test_unknown_statistics_leave_what_was_known():
    seen = state()
    observe(seen, 5, a=0, b=1)
    unknown = BrokerReading(queues=(), busy=NOT_REPORTED)
    seen.idle_since = idle_since(seen, unknown)
    reading = observe(seen, 20, a=0, b=0)

    assert deletion_costs(seen, reading) == {"a": 0, "b": -15}


def busy_victims(replicas: int, rate: float, seconds: tuple[int, int], removed: int) -> list[int]:
    """Return how many of 400 scale-downs' victims have a task: by costs, and by two idle samples.

    Tasks of so many `seconds` come at random, `rate` of them a second. The statistics are of every
    5 s and up to 10 s old.
    """
    met = [0, 0]
    for seed in range(400):
        random = Random(seed)
        seen, idle, ends = state(), deque(f"r{n}" for n in range(replicas)), dict[str, float]()
        age = random.uniform(0, 10)
        samples = []
        for second in range(200):
            if second % 5 == 0 and second <= 200 - age:
                samples.append({each: int(each in ends) for each in [*idle, *ends]})
                reading = observe(seen, second, **samples[-1])
            for each in [each for each, at in ends.items() if at <= second]:
                del ends[each]
                idle.append(each)
            if idle and random.random() < rate:
                ends[idle.popleft()] = second + random.uniform(*seconds)
        in_two = {each: samples[-1][each] + samples[-2][each] for each in samples[-1]}
        for number, costs in enumerate((deletion_costs(seen, reading), in_two)):
            victims = sorted(costs, key=lambda each: (costs[each], random.random()))[:removed]
            met[number] += sum(each in ends for each in victims)
    return met


@pytest.mark.parametrize(
    ("replicas", "rate", "seconds", "removed"),
    [(10, 0.15, (20, 40), 2), (10, 0.45, (5, 15), 2), (20, 0.5, (10, 30), 5)],
)
def test_fewer_scale_downs_meet_a_busy_replica(replicas, rate, seconds, removed):
    by_costs, by_samples = busy_victims(replicas, rate, seconds, removed)

    assert by_costs < 0.7 * by_samples
