"""Messages that are held for long show long work before one of them is acknowledged."""

from dataclasses import replace

import pytest

from mare.domain.decide import decide
from mare.domain.estimates import Estimates
from mare.domain.held_messages import HeldMessages
from mare.domain.history import History
from mare.domain.learning import recall
from mare.domain.observation import Observation, Workload, load_of
from mare.domain.unknown import Unknown
from tests.unit.operator.building import reading
from tests.unit.operator.test_no_long_work_is_ended import spec_of


def test_a_message_that_is_held_longer_shows_long_work_after_quick_work():
    """The mean of the acknowledged messages stays short, since nothing is acknowledged."""
    held = HeldMessages()
    for at in range(0, 40, 5):
        held = held.observe(load(at, unacknowledged=2, delivered=100, acknowledged=98))
    assert held.longest(40) == 35
    held = held.observe(load(40, unacknowledged=1, delivered=100, acknowledged=99))
    assert held.since == 40
    assert held.longest(40) == 35
    assert held.longest(1000) == 0


@pytest.mark.parametrize(("delivered", "acknowledged"), [(1, 1), (1, 0)])
def test_messages_that_are_delivered_anew_are_not_held(delivered, acknowledged):
    """They are acknowledged, or returned to the queue."""
    held = HeldMessages()
    for step in range(20):
        counters = {"delivered": step * delivered, "acknowledged": step * acknowledged}
        held = held.observe(load(step * 5, unacknowledged=1, **counters))
    assert held.longest(100) == 0


def load(at, **counts):
    return load_of((reading(at=float(at), **counts),))


def test_idle_first_removes_busy_replicas_only_within_the_grace_period():
    learning = recall(Estimates(capacity_per_replica=1 / 40, workers_per_replica=1.0))
    history = replace(History.begin(0.0, 5), learning=learning)
    queue = reading(0, 4, at=100.0, prefetch=1.0)
    counts = {}
    for grace_seconds in (None, 39, 60):
        workload = Workload(replicas=5, idle=1, grace_seconds=grace_seconds)
        observation = Observation(workload=workload, queues=(queue,))
        counts[grace_seconds] = decide(spec_of(), observation, history, 100.0)[0].replicas
    assert counts == {None: 1, 39: 4, 60: 1}


@pytest.mark.parametrize(
    ("measured", "held", "limit", "seconds"),
    [
        pytest.param(2.0, 30.0, 30, 2.0, id="held within the limit"),
        pytest.param(2.0, 31.0, 30, 31.0, id="held longer"),
        pytest.param(60.0, 31.0, 30, 60.0, id="usually even longer"),
        pytest.param(None, 0.4, 0.3, 0.4, id="not measured yet"),
        pytest.param(None, 0.2, 0.3, None, id="neither"),
    ],
)
def test_the_service_time_is_at_least_as_long_as_a_message_was_held(measured, held, limit, seconds):
    estimates = Estimates() if measured is None else served_in(measured)
    history = replace(
        History.begin(0.0, 1), learning=recall(estimates), held_messages=HeldMessages(seconds=held)
    )
    found = history.longest_service_or_hold(limit, 10.0)
    assert (None if isinstance(found, Unknown) else found) == seconds


def served_in(seconds):
    return Estimates(capacity_per_replica=1 / seconds, workers_per_replica=1.0)
