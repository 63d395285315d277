"""The simulated queue and its replicas do what RabbitMQ and workers do."""

import pytest

from mare.simulation.scenario import Worker
from mare.simulation.worker_pool import WorkerPool


def pool(arrivals, service=1.0, *, replicas=1, **worker):
    worker = {"service_seconds": service, "workers": 1, "start_seconds": 0.0, **worker}
    built = WorkerPool(Worker(**worker), arrivals, [service] * len(arrivals))
    built.scale(replicas)
    built.advance(0.0)
    return built


def test_messages_wait_for_one_worker_in_turn():
    one = pool([0.0, 0.1, 0.2])
    one.advance(10)
    assert one.waits == pytest.approx([0.0, 0.9, 1.8])
    assert (one.acknowledged, one.ready, one.unacknowledged) == (3, 0, 0)


def test_replicas_take_turns():
    two = pool([0.0, 0.1, 0.2], replicas=2)
    two.advance(0.5)
    assert [replica.busy for replica in two.replicas] == [1, 1]
    assert (two.ready, two.unacknowledged) == (1, 2)


def test_a_prefetch_hides_messages_inside_a_replica():
    greedy = pool([0.0] * 5, prefetch=4)
    greedy.advance(0.5)
    assert (greedy.ready, greedy.unacknowledged) == (1, 4)
    assert greedy.replicas[0].busy == 1


def test_a_new_replica_consumes_after_its_start():
    slow = pool([1.0], replicas=0, start_seconds=3.0)
    slow.advance(2.0)
    slow.scale(1)
    slow.advance(10.0)
    assert slow.waits == pytest.approx([4.0])


def test_a_removed_replica_finishes_its_message_and_returns_the_others():
    greedy = pool([0.0, 0.1, 0.2], prefetch=4)
    greedy.advance(0.5)
    greedy.scale(0)
    assert (greedy.ready, greedy.requeued) == (2, 2)
    greedy.advance(5.0)
    assert greedy.terminated[0].terminated_at == pytest.approx(1.0)
    assert greedy.acknowledged == 1


def test_the_counter_of_deliveries_never_falls_and_counts_redelivered_messages_twice():
    greedy = pool([0.0, 0.1, 0.2], prefetch=4)
    greedy.advance(0.5)
    greedy.scale(0)

    def counts() -> tuple[int, int, int]:
        now = greedy.statistics()
        return now.delivered, now.redelivered, now.unacknowledged

    assert counts() == (3, 0, 1)
    greedy.scale(1)
    greedy.advance(0.9)
    assert counts() == (5, 2, 3)


def test_starting_replicas_are_removed_first_and_then_those_of_lower_cost():
    mixed = pool([0.0], service=9.0, replicas=2, ready_seconds=0.5)
    mixed.advance(1.0)
    mixed.scale(3)
    mixed.scale(2, {"0": 1, "1": -1})
    assert all(replica.created == 0.0 for replica in mixed.replicas)
    mixed.scale(1, {"0": 1, "1": -1})
    assert mixed.replicas[0].busy == 1
    assert mixed.statistics().held == {"0": 1}


def test_a_broker_that_is_down_neither_takes_nor_gives():
    down = pool([1.0, 2.0])
    down.stop_broker()
    down.advance(5.0)
    assert (down.published, down.ready) == (0, 0)
    down.start_broker()
    down.advance(5.5)
    assert (down.published, down.unacknowledged, down.ready) == (2, 1, 1)
    down.advance(9.0)
    assert down.waits == pytest.approx([0.0, 1.0])  # from being published, which was held back


def test_no_message_is_lost_or_doubled_while_replicas_come_and_go():
    arrivals = [index * 0.01 for index in range(2000)]
    restless = pool(arrivals, service=0.07, workers=2, prefetch=6)
    for second in range(40):
        restless.scale(1 + (second * 7) % 5)
        restless.advance(float(second))
    restless.advance(100.0)
    assert restless.acknowledged == 2000
    assert all(wait >= 0 for wait in restless.waits)


def test_without_a_limit_no_message_stays_in_the_queue():
    greedy = pool([0.0] * 500, prefetch=0)
    greedy.advance(0.5)
    assert (greedy.ready, greedy.unacknowledged, greedy.statistics().prefetch) == (0, 500, 0)


def test_counters_with_an_offset_do_not_fall_below_zero():
    one = pool([0.0, 0.1])
    one.advance(5.0)
    assert one.statistics(offset=100).published == 102
    assert one.statistics(offset=-100).acknowledged == 0


def test_a_replica_that_is_terminated_at_work_is_counted():
    two = pool([0.0], service=9.0, replicas=2)
    two.advance(1.0)
    two.scale(1, {"0": 1})
    assert two.ended_busy == 0
    two.scale(0)
    assert two.ended_busy == 1
