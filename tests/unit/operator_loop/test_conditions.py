"""Conditions of an object, by what was seen."""

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.conditions import conditions_of
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Scale
from tests.unit.operator_loop.worlds import World, body, run

UNREPORTED = Unknown("NotReported", "only the management API reports it")


@pytest.mark.parametrize(
    ("transient", "least", "expected"),
    [
        pytest.param((), 0, ("True", "Safe"), id="none vanishes"),
        pytest.param(("events",), 0, ("False", "QueuesVanish"), id="one vanishes"),
        pytest.param(("events",), 1, ("True", "Safe"), id="it never scales to zero"),
        pytest.param(UNREPORTED, 0, ("Unknown", "NotReported"), id="it is not reported"),
        pytest.param(UNREPORTED, 1, ("True", "Safe"), id="it does not matter"),
    ],
)
def test_events_are_safe_if_it_is_known_that_no_queue_vanishes(transient, least, expected):
    conditions = conditions_of(
        autoscaler=read_autoscaler(body(minReplicas=least)),
        scale=Scale(replicas=1, version="1", ready=1, selector=""),
        problem=None,
        unchosen=None,
        reading=BrokerReading(queues=(), busy={}, transient=transient),
        decision=None,
        history=None,
        silent_since=None,
        now=0,
    )

    assert [(c.status, c.reason) for c in conditions if c.type == "EventsSafe"] == [expected]


@pytest.mark.parametrize(("service_seconds", "status"), [(30.4, "True"), (31.0, "False")])
def test_the_written_service_time_is_compared_with_the_grace_period(service_seconds, status):
    estimates = Estimates(capacity_per_replica=1 / service_seconds, workers_per_replica=1.0)
    conditions = conditions_of(
        autoscaler=read_autoscaler(body()),
        scale=Scale(replicas=1, version="1", ready=1, selector="", grace_seconds=30),
        problem=None,
        unchosen=None,
        reading=BrokerReading(queues=(), busy={}),
        decision=None,
        history=History.begin(0.0, 1, estimates),
        silent_since=None,
        now=0,
    )

    (grace,) = [each for each in conditions if each.type == "GracePeriodSufficient"]
    assert grace.status == status
    too_long = "The service time of 31 s exceeds the grace period of 30 s"
    assert grace.message.startswith(too_long) == (status == "False")


SILENT = Unknown("LeaderSilent", "the leader of queue worker does not answer", "worker")


def freshness(world: World) -> tuple[str, str]:
    (view,) = [past.view for past in world.record.histories.values()]
    found = {each.type: each for each in view.conditions}
    assert found["Ready"].status == found["MetricsFresh"].status
    return found["MetricsFresh"].status, found["MetricsFresh"].reason


def test_a_silent_leader_is_no_warning_before_statistics_can_show_an_empty_queue():
    async def story(world: World) -> None:
        world.workloads.have("worker", 1)
        world.brokers.ready["worker"] = 3
        world.put()
        await world.tick()
        for silence in (SILENT, SILENT):
            world.brokers.ready["worker"] = silence
            for _ in range(15):
                await world.tick()
                assert freshness(world) == ("True", "LeaderUnconfirmed")
            world.brokers.ready["worker"] = 0
            await world.tick()
            assert freshness(world)[0] == "True"
        world.brokers.ready["worker"] = SILENT
        for _ in range(25):
            await world.tick()
        assert freshness(world) == ("False", "LeaderSilent")

    run(story)
