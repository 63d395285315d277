"""What an object sees of one virtual host, and of several together."""

import pytest

from mare.broker.object_readings import busy_replicas, host_of, own_readings, together, unresolved
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading

AWAY = Unknown("BrokerUnreachable", "the broker does not answer")
UNTOLD = Unknown("PeersUnknown", "the broker does not tell")


def statistics(**peers: dict[str, int] | Unknown) -> Statistics:
    return Statistics(0, {name: QueueStatistics(peers=each) for name, each in peers.items()})


def reading(name: str) -> QueueReading:
    return QueueReading(name=name, read_at=0, ready=1, consumers=1)


def test_one_look_tells_nobody_idle():
    one = statistics(work={"10.0.0.1:4000": 0})

    assert isinstance(busy_replicas([one], ["work"], host_of), Unknown)


@pytest.mark.parametrize(
    ("before", "now", "busy"),
    [
        pytest.param({"a:1": 0}, {"a:1": 0}, {"a": 0}, id="idle in both"),
        pytest.param({"a:1": 2}, {"a:1": 0}, {"a": 2}, id="busy before"),
        pytest.param({"a:1": 0, "a:2": 3}, {"a:1": 1}, {"a": 3}, id="two connections"),
        pytest.param({"a:1": 0}, {"b:1": 1}, {"a": 0, "b": 1}, id="one came"),
        pytest.param({"a:1": 0}, {}, {"a": 0}, id="one left"),
    ],
)
def test_a_replica_is_as_busy_as_it_was_in_either_look(before, now, busy):
    two = [statistics(work=before, other={"c:1": 9}), statistics(work=now)]

    assert busy_replicas(two, ["work"], host_of) == busy


def test_one_queue_that_does_not_tell_leaves_all_unknown():
    two = [statistics(work={"a:1": 0}, more=UNTOLD)] * 2

    assert busy_replicas(two, ["work", "more"], host_of) == UNTOLD


@pytest.mark.parametrize(("now", "ready"), [(15, 1), (15.1, Unknown("Stale", "."))])
def test_a_reading_that_is_too_old_tells_nothing_any_more(now, ready):
    (seen,) = own_readings({"a": ("a*",)}, {"a": reading("a")}, now, 15)

    assert getattr(seen.ready, "reason", seen.ready) == getattr(ready, "reason", ready)
    assert (seen.entries, seen.read_at) == (("a*",), 0)


def test_patterns_that_cannot_be_looked_for_are_unknown_queues_of_their_virtual_host():
    seen = unresolved(["a*", "b*"], "shop", UNTOLD, 7)

    assert [(each.vhost, each.name, each.entries) for each in seen] == [
        ("shop", "a*", ("a*",)),
        ("shop", "b*", ("b*",)),
    ]
    assert {each.ready for each in seen} == {UNTOLD}


@pytest.mark.parametrize(
    ("parts", "transient"),
    [
        ([("a",), UNTOLD], ("a",)),
        ([UNTOLD, ()], UNTOLD),
        ([(), ()], ()),
    ],
)
def test_what_is_known_to_vanish_counts_wherever_else_it_is_unknown(parts, transient):
    seen = together([BrokerReading(queues=(), busy={}, transient=part) for part in parts])

    assert seen.transient == transient


def test_virtual_hosts_are_added_up():
    here = BrokerReading(
        queues=(reading("a"),), busy={"x": 1, "y": 0}, lost=("rates",), transient=("a",)
    )
    there = BrokerReading(queues=(reading("b"),), busy={"x": 0, "z": 2}, lost=("rates", "depths"))

    seen = together([here, there])

    assert [each.name for each in seen.queues] == ["a", "b"]
    assert seen.busy == {"x": 1, "y": 0, "z": 2}
    assert seen.lost == ("rates", "depths")
    assert seen.transient == ("a",)


def test_with_one_virtual_host_away_all_is_unknown():
    assert together(
        [BrokerReading(queues=(reading("a"),), busy={}), BrokerReading(queues=AWAY, busy=AWAY)]
    ) == BrokerReading(queues=AWAY, busy=AWAY)


def test_who_is_busy_is_unknown_if_one_virtual_host_does_not_tell():
    seen = together(
        [BrokerReading(queues=(), busy={"x": 1}), BrokerReading(queues=(), busy=UNTOLD)]
    )

    assert seen.busy == UNTOLD
