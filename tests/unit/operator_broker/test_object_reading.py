"""What one object reads of a virtual host, and of several together."""

import pytest

from mare.broker.object_reading import (
    busy_replicas,
    held_messages,
    host_of,
    merge_readings,
    unknown_queues,
)
from mare.broker.queue_selection import QueueQuery
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.domain.alarms import ALARM_NOT_REPORTED, alarm_of
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading

UNREACHABLE = Unknown("BrokerUnreachable", "the broker does not answer")
NOT_REPORTED = Unknown("PeersUnknown", "the broker does not report it")

MEMORY = alarm_of(["memory"])


def statistics(**peers: dict[str, int] | Unknown) -> Statistics:
    return Statistics(0, {name: QueueStatistics(peers=each) for name, each in peers.items()})


def reading(name: str) -> QueueReading:
    return QueueReading(name=name, read_at=0, ready=1, consumers=1)


def merged(*parts: BrokerReading) -> BrokerReading:
    """The readings of virtual hosts with a name and a pattern each."""
    by_vhost = {
        f"vhost-{number}": (QueueQuery((f"q-{number}",), ("p-*",), None), part)
        for number, part in enumerate(parts)
    }
    return merge_readings(by_vhost, 7)


def test_busy_replicas_are_unknown_before_the_second_sample():
    assert isinstance(busy_replicas([{"10.0.0.1": 0}]), Unknown)


@pytest.mark.parametrize(
    ("before", "now", "busy"),
    [
        pytest.param({"a:1": 0}, {"a:1": 0}, {"a": 0}, id="idle in both"),
        pytest.param({"a:1": 2}, {"a:1": 0}, {"a": 2}, id="busy before"),
        pytest.param({"a:1": 0, "a:2": 3}, {"a:1": 1}, {"a": 3}, id="two connections"),
        pytest.param({"a:1": 3, "a:2": 0}, {"a:1": 1}, {"a": 3}, id="an idle one after a busy one"),
        pytest.param({"a:1": 0}, {"b:1": 1}, {"a": 0, "b": 1}, id="one came"),
        pytest.param({"a:1": 0}, {}, {"a": 0}, id="one left"),
    ],
)
def test_a_replica_is_as_busy_as_in_the_busier_of_two_samples(before, now, busy):
    two = [statistics(work=before, other={"c:1": 9}), statistics(work=now)]

    assert busy_replicas([held_messages(each, ["work"], host_of) for each in two]) == busy


def test_one_queue_without_peers_makes_busy_replicas_unknown():
    one = statistics(work={"a:1": 0}, more=NOT_REPORTED)
    held = held_messages(one, ["work", "more"], host_of)

    assert held == busy_replicas([held] * 2) == NOT_REPORTED


def test_patterns_without_names_are_unknown_queues_of_their_virtual_host():
    found = unknown_queues(["a*", "b*"], "shop", NOT_REPORTED, 7)

    assert [(each.vhost, each.name, each.entries) for each in found] == [
        ("shop", "a*", ("a*",)),
        ("shop", "b*", ("b*",)),
    ]
    assert {(each.ready, each.consumers, each.read_at) for each in found} == {
        (NOT_REPORTED, NOT_REPORTED, 7)
    }


@pytest.mark.parametrize(
    ("parts", "transient"),
    [
        ([("a",), NOT_REPORTED], ("a",)),
        ([NOT_REPORTED, ()], NOT_REPORTED),
        ([(), ()], ()),
    ],
)
def test_known_transient_queues_remain_if_another_virtual_host_is_unknown(parts, transient):
    found = merged(*(BrokerReading(queues=(), busy={}, transient=part) for part in parts))

    assert found.transient == transient


def test_queues_and_busy_replicas_of_virtual_hosts_are_merged():
    here = BrokerReading(
        queues=(reading("a"),),
        busy={"x": 1, "y": 0},
        held={"x": 0, "y": 0},
        busy_at=20,
        lost=("rates",),
        transient=("a",),
    )
    there = BrokerReading(
        queues=(reading("b"),),
        busy={"x": 0, "z": 2},
        held={"x": 0, "z": 1},
        busy_at=10,
        lost=("rates", "depths"),
    )

    found = merged(here, there)

    assert [each.name for each in found.queues] == ["a", "b"]
    assert found.busy == {"x": 1, "y": 0, "z": 2}
    assert found.held == {"x": 0, "y": 0, "z": 1}
    assert found.busy_at == 10
    assert found.lost == ("rates", "depths")
    assert found.transient == ("a",)


def test_a_refused_virtual_host_makes_its_own_queues_unknown():
    found = merged(
        BrokerReading(queues=(reading("a"),), busy={}),
        BrokerReading(queues=UNREACHABLE, busy=UNREACHABLE),
    )

    assert [(each.vhost, each.name, each.ready) for each in found.queues] == [
        ("/", "a", 1),
        ("vhost-1", "q-1", UNREACHABLE),
        ("vhost-1", "p-*", UNREACHABLE),
    ]
    assert found.busy == UNREACHABLE


def test_without_any_virtual_host_the_reading_is_unknown():
    unread = BrokerReading(queues=UNREACHABLE, busy=UNREACHABLE)

    assert merged(unread, unread) == unread


def test_busy_replicas_are_unknown_if_one_virtual_host_does_not_report_them():
    found = merged(
        BrokerReading(queues=(), busy={"x": 1}), BrokerReading(queues=(), busy=NOT_REPORTED)
    )

    assert found.busy == NOT_REPORTED


@pytest.mark.parametrize(
    ("alarms", "merged_alarm"),
    [
        ([None, MEMORY], MEMORY),
        ([ALARM_NOT_REPORTED, MEMORY], MEMORY),
        ([ALARM_NOT_REPORTED, None], None),
        ([ALARM_NOT_REPORTED, ALARM_NOT_REPORTED], ALARM_NOT_REPORTED),
    ],
)
def test_an_alarm_that_one_virtual_host_reports_is_that_of_the_cluster(alarms, merged_alarm):
    found = merged(*(BrokerReading(queues=(), busy={}, alarm=alarm) for alarm in alarms))

    assert found.alarm == merged_alarm
