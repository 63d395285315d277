"""Consumers of other programs on the queues of a workload."""

import pytest

from mare.domain.other_consumers import OtherConsumers


def after(*phases, grace=None):
    """Return the state after phases of (seconds, addresses, replicas), and the time."""
    others, now = OtherConsumers(), 0.0
    for seconds, addresses, replicas in phases:
        for _ in range(seconds):
            others = others.observe(addresses, replicas, now, grace)
            now += 1
    return others, now - 1


def are_there(*phases, grace=None):
    others, now = after(*phases, grace=grace)
    return others.are_there(now, grace)


def test_more_addresses_than_replicas_for_ten_minutes_are_other_programs():
    assert not are_there((601, 8, 4))
    assert are_there((602, 8, 4))
    assert are_there((602, 3, 0))
    assert not are_there((900, 4, 4))
    assert not are_there((900, 1, 4))


def test_replicas_that_end_are_no_other_program():
    assert not are_there((100, 10, 10), (700, 10, 4), grace=100)
    assert are_there((100, 10, 10), (930, 10, 4), grace=100)


@pytest.mark.parametrize("seconds", [20, 110])
def test_replicas_that_do_not_consume_yet_explain_no_addresses_of_before(seconds):
    burst = (300, 8, 4), (seconds, 8, 20), (30, 40, 20), (400, 8, 4)
    others, now = after(*burst)
    assert others.are_there(now, None)
    assert (others.addresses, others.replicas) == (8, 4)


def test_two_minutes_with_as_many_replicas_as_addresses_end_the_report():
    reported = after((700, 8, 4), (119, 8, 20))
    assert reported[0].are_there(reported[1], None)
    assert (reported[0].addresses, reported[0].replicas) == (8, 4)
    assert not are_there((700, 8, 4), (122, 8, 20))
    assert not are_there((700, 8, 4), (122, 8, 20), (300, 8, 4))


def test_nothing_is_reported_while_there_are_as_many_replicas_as_addresses():
    assert not are_there((590, 8, 4), (100, 8, 20))


def test_rolling_updates_between_which_all_is_as_usual_are_no_other_program():
    update = (300, 5, 4), (180, 4, 4)
    assert not are_there(*(10 * update))


def test_replicas_that_end_one_after_the_other_are_no_other_program():
    """Each needs 20 of its 30 s: two end at any time, whether the load rises or falls again."""
    fall = [(10, count + 2, count) for count in range(20, 4, -1)]
    assert not are_there(*(10 * [*fall, (60, 20, 20)]), grace=30)


def test_an_unchanged_reading_makes_no_new_state():
    others, now = after((12, 8, 4))
    assert others.observe(8, 4, now + 1) is others
    others, now = after((12, 4, 4))
    assert others.observe(4, 4, now + 1) is others
