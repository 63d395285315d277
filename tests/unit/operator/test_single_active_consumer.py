"""Queues with a single active consumer have work for one replica each."""

from dataclasses import replace

import pytest

from tests.unit.operator.building import observation_of, once, reading, watching


def orders(*single: bool):
    return [
        reading(100, name=f"orders-{number}", at=1000.0, single_active=each)
        for number, each in enumerate(single)
    ]


@pytest.mark.parametrize(
    ("single", "least", "count"),
    [
        pytest.param([True, True], 1, 2, id="one replica for each queue"),
        pytest.param([True, True], 4, 4, id="minReplicas keep replicas in reserve"),
        pytest.param([True, False], 1, 10, id="another queue has work for all"),
    ],
)
def test_at_most_as_many_replicas_as_queues(single, least, count):
    spec = replace(watching(), min_replicas=least)
    decision = once(spec, observation_of(least, *orders(*single)))
    named = "Each queue has a single active consumer, so that 2 replicas can work."
    assert (decision.replicas, named in decision.message) == (count, all(single))
