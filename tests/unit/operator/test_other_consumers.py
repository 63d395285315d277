"""Consumers of other programs on the queues of a workload."""

from mare.domain.other_consumers import OtherConsumers


def after(*phases):
    """Return the state after phases of (seconds, addresses, replicas), and the time."""
    others, now = OtherConsumers(), 0.0
    for seconds, addresses, replicas in phases:
        for _ in range(seconds):
            others = others.observe(addresses, replicas, now)
            now += 1
    return others, now - 1


def are_there(*phases, grace=None):
    others, now = after(*phases)
    return others.are_there(now, grace)


def test_more_addresses_than_replicas_for_ten_minutes_are_other_programs():
    assert not are_there((601, 8, 4))
    assert are_there((602, 8, 4))
    assert are_there((602, 3, 0))
    assert not are_there((900, 4, 4))
    assert not are_there((900, 1, 4))


def test_replicas_that_end_are_no_other_program():
    assert not are_there((100, 10, 10), (700, 10, 4), grace=100)
    assert are_there((100, 10, 10), (702, 10, 4), grace=100)


def test_the_most_replicas_count_while_they_change():
    others, now = after((300, 8, 4), (200, 14, 6), (200, 9, 4))
    assert others.are_there(now, None)
    assert (others.addresses, others.replicas) == (9, 6)
    assert after((300, 8, 4), (1, 8, 8))[0] == OtherConsumers()


def test_an_unchanged_reading_makes_no_new_state():
    others, now = after((10, 8, 4))
    assert others.observe(8, 4, now + 1) is others
    assert OtherConsumers().observe(4, 4, 0.0) == OtherConsumers()
