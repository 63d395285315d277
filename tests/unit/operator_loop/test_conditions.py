"""Conditions of an object, from its reading and its history."""

from dataclasses import replace

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.condition import Condition
from mare.custom_resource.conditions import conditions_of
from mare.custom_resource.work_conditions import (
    deliveries_end,
    grace_period_sufficient,
    prefetch_suitable,
)
from mare.dashboard.summary import facts_of
from mare.domain.estimates import Estimates
from mare.domain.held_messages import HeldMessages
from mare.domain.history import History
from mare.domain.learning import Learning, recall
from mare.domain.redeliveries import Redeliveries
from mare.domain.unknown import Unknown
from mare.explanation.problems import problems_of
from mare.ports import WITHOUT_STATISTICS, BrokerReading, Scale
from tests.unit.operator.building import reading
from tests.unit.operator_loop.fakes import FakeBrokers
from tests.unit.operator_loop.worlds import World, body, run

NO_PREFETCH = Unknown("NoPrefetch", "a consumer has no prefetch count")
UNREPORTED = Unknown("NotReported", "only the management API reports it")
NOTHING = BrokerReading(queues=(), busy={})
ONE = {"minReplicas": 1}


def conditions(
    seen: BrokerReading, history: History | None = None, kind: str = "Deployment", **spec: object
) -> dict[str, Condition]:
    """Return the conditions of an object on which nothing is decided, by their type."""
    autoscaler = read_autoscaler(body(**spec))
    found = conditions_of(
        autoscaler=replace(autoscaler, target=replace(autoscaler.target, kind=kind)),
        scale=Scale(replicas=1, version="1", ready=1, selector="", grace_seconds=30),
        problem=None,
        unchosen=None,
        reading=seen,
        decision=None,
        history=history,
        silent_since=None,
        now=0,
    )
    return {each.type: each for each in found}


@pytest.mark.parametrize(
    ("transient", "spec", "expected"),
    [
        pytest.param((), {}, ("True", "Safe"), id="none vanishes"),
        pytest.param(("events",), {}, ("True", "QueuesKept"), id="one replica stays for one"),
        pytest.param(("events",), ONE, ("True", "Safe"), id="it never scales to zero"),
        pytest.param(
            ("events",),
            {**ONE, "idle": {"replicas": 0}},
            ("False", "QueuesVanish"),
            id="one vanishes",
        ),
        pytest.param(UNREPORTED, {}, ("Unknown", "NotReported"), id="it is not reported"),
        pytest.param(UNREPORTED, ONE, ("True", "Safe"), id="it does not matter"),
    ],
)
def test_events_are_safe_if_it_is_known_that_no_queue_vanishes(transient, spec, expected):
    seen = BrokerReading(queues=(), busy={}, transient=transient)
    events_safe = conditions(seen, **spec)["EventsSafe"]
    assert (events_safe.status, events_safe.reason) == expected
    advice = "keep one replica (minReplicas 1, no idle.replicas), or later messages are lost"
    assert events_safe.message.endswith(advice) == (expected == ("Unknown", "NotReported"))


def test_amqp_alone_shows_no_victims_and_removes_no_queue():
    """No workload becomes idle then, so that none needs a replica for its queues."""
    unread, unreported = Unknown("NotReported", "not read"), Unknown("NotReported", "no type")
    lost = (WITHOUT_STATISTICS,)
    found = conditions(BrokerReading(queues=(), busy=unread, lost=lost, transient=unreported))
    for kind, message in (("VictimsChosen", "not read"), ("EventsSafe", "no type")):
        assert (found[kind].status, found[kind].message) == ("Unknown", message)


@pytest.mark.parametrize(("service_seconds", "status"), [(30.4, "True"), (31.0, "False")])
def test_the_written_service_time_is_compared_with_the_grace_period(service_seconds, status):
    estimates = Estimates(capacity_per_replica=1 / service_seconds, workers_per_replica=1.0)
    grace = conditions(NOTHING, History.begin(0.0, 1, estimates))["GracePeriodSufficient"]
    assert grace.status == status
    too_long = "The service time of 31 s exceeds the grace period of 30 s"
    assert grace.message.startswith(too_long) == (status == "False")


SILENT = Unknown("LeaderSilent", "the leader of queue worker does not answer", "worker")


def freshness(world: World) -> tuple[str, str]:
    view = world.history.view
    found = {each.type: each for each in view.conditions}
    assert found["Ready"].status == found["MetricsFresh"].status
    return found["MetricsFresh"].status, found["MetricsFresh"].reason


async def test_a_silent_leader_is_no_warning_before_statistics_can_show_an_empty_queue(world):
    world.begin(1, 3)
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
    await world.ticks(25)
    assert freshness(world) == ("False", "LeaderSilent")


async def test_a_leader_that_is_silent_for_some_seconds_is_no_reason_to_write_a_status(world):
    """A busy broker answers late: 3,000 objects at rest wrote 38 statuses a second."""
    world.begin(0, 0)
    await world.ticks(150)
    written = len(world.objects.statuses)
    for _ in range(5):
        world.brokers.ready["worker"] = SILENT
        await world.ticks(18)
        world.brokers.ready["worker"] = 0
        await world.ticks(30)
    assert len(world.objects.statuses) == written
    world.brokers.ready["worker"] = SILENT
    await world.ticks(25)
    assert len(world.objects.statuses) == written + 1


def grace_condition(learning: Learning, held: HeldMessages) -> Condition:
    history = replace(History.begin(0.0, 1), learning=learning, held_messages=held)
    scale = Scale(replicas=1, version="1", ready=1, selector="", grace_seconds=30)
    return grace_period_sufficient(read_autoscaler(body()), scale, history, 0.0)


@pytest.mark.parametrize(("held_seconds", "status"), [(0.0, "Unknown"), (31.0, "False")])
def test_a_large_prefetch_hides_the_service_time_until_a_message_is_held(held_seconds, status):
    learning = recall(Estimates(capacity_per_replica=5.0, workers_per_replica=250.0))
    assert grace_condition(learning, HeldMessages(seconds=held_seconds)).status == status


@pytest.mark.parametrize(
    ("kind", "setting"),
    [("Deployment", "terminationGracePeriodSeconds"), ("command", "stopSeconds")],
)
def test_a_short_grace_period_names_the_setting_to_raise(kind, setting):
    learning = recall(Estimates(capacity_per_replica=1 / 40, workers_per_replica=1.0))
    history = replace(History.begin(0.0, 1), learning=learning)
    condition = conditions(NOTHING, history, kind)["GracePeriodSufficient"]
    assert (condition.status, condition.reason) == ("False", "GracePeriodTooShort")
    assert condition.message == (
        f"The service time of 40 s exceeds the grace period of 30 s: raise {setting} above the"
        " service time. Until then only idle replicas are removed, for 300 s (maxDrainWaitSeconds),"
        " then busy ones"
    )


LENGTH = {"type": "QueueLength", "messagesPerReplica": 10}
MEASURED = Estimates(
    capacity_per_replica=1.0, workers_per_replica=1.0, prefetch_exceeds_workers=True
)


@pytest.mark.parametrize(
    ("prefetch", "spec", "learning", "reason", "text"),
    [
        (250.0, {}, Learning(), "PrefetchAssumed", "up to 250 messages"),
        (NO_PREFETCH, {}, Learning(), "PrefetchAssumed", "messages without a limit"),
        (250.0, {"workersPerReplica": 1}, Learning(), "Configured", ""),
        (10.0, {}, Learning(), "Suitable", ""),
        (250.0, {}, Learning(estimates=MEASURED), "PrefetchExceedsWorkers", "up to 250 messages"),
    ],
)
def test_a_prefetch_above_the_workers_is_a_hint(prefetch, spec, learning, reason, text):
    autoscaler = read_autoscaler(body(target={"type": "QueueWaitTime", **spec}))
    queues = (reading(at=0.0, prefetch=prefetch),)
    history = replace(History.begin(0.0, 1), learning=learning)
    seen = BrokerReading(queues=queues, busy={})
    (found,) = prefetch_suitable(autoscaler.spec, seen, history, 9.0)

    assert found.reason == reason
    assert text in found.message
    assert found.is_hint == (reason not in {"Configured", "Suitable"})
    assert not found.is_bad


@pytest.mark.parametrize(
    ("held_seconds", "reason"), [(110.0, "GracePeriodTooShort"), (130.0, "NothingAcknowledged")]
)
def test_long_messages_are_no_hang_until_three_times_their_mean(held_seconds, reason):
    learning = recall(Estimates(capacity_per_replica=1 / 40, workers_per_replica=1.0))
    assert grace_condition(learning, HeldMessages(seconds=held_seconds)).reason == reason


class HungBrokers(FakeBrokers):
    """Workers with a service time of 1 s, which acknowledge nothing from some time on."""

    hung_at = float("inf")

    def _seen(self, name: str) -> BrokerReading:
        now = self.statistics_at = self.clock() // 5 * 5
        acknowledged = int(min(now, self.hung_at))
        (queue,) = super()._seen(name).queues
        counters = {"published": int(now), "acknowledged": acknowledged}
        held = {"consumers": 1, "prefetch": 1.0, "unacknowledged": 1, "delivered": acknowledged + 1}
        return BrokerReading(queues=(replace(queue, **counters, **held),), busy={"10.0.0.1": 1})


@pytest.mark.parametrize("hangs", [True, False])
async def test_workers_that_hang_are_named_instead_of_the_grace_period(world, *, hangs: bool):
    brokers = HungBrokers(world.clock)
    world.use(brokers)
    world.workloads.have("worker", 1, grace_seconds=30)
    brokers.ready["worker"] = 1
    world.put(minReplicas=1, maxReplicas=1, target={"type": "QueueWaitTime", "waitSeconds": 2})
    await world.ticks(120)
    brokers.hung_at = world.clock.now if hangs else brokers.hung_at
    for second in range(600):
        brokers.ready["worker"] = second if hangs else 1
        await world.tick()

    problems = problems_of(facts_of(world.history))
    found = {each.code: each for each in problems if each.code in ("MARE012", "MARE024")}
    assert list(found) == (["MARE024"] if hangs else [])
    if hangs:
        assert found["MARE024"].text.startswith("Consumers held messages for ")
        assert "check whether the workers hang" in found["MARE024"].advice
        assert 550 < found["MARE024"].clauses[0].numbers["seconds"] < 605


@pytest.mark.parametrize("target", [{"type": "MaximumConcurrency"}, LENGTH])
@pytest.mark.parametrize(("now", "reason"), [(200.0, "Configured"), (400.0, "MessagesHeld")])
def test_messages_beyond_the_workers_are_reported_once_they_are_old(now, reason, target):
    held = HeldMessages(beyond=200, beyond_since=100.0)
    history = replace(History.begin(0.0, 1), held_messages=held)
    spec = read_autoscaler(body(target={**target, "workersPerReplica": 1})).spec

    (found,) = prefetch_suitable(spec, NOTHING, history, now)

    assert found.reason == reason
    if reason == "MessagesHeld":
        assert "200 messages more than the replicas have workers are" in found.message
        assert "for 5 min" in found.message


def test_endless_redeliveries_are_a_warning_that_names_the_limit():
    endless = Redeliveries(at=100.0, counters=(1, 9, 8, 1), since=10.0, rate=40.0, beyond=3.2)
    (found,) = deliveries_end(endless)

    assert found.is_bad
    assert "redelivered 40 times a second; about 3 messages come back again and" in found.message
    assert "x-delivery-limit" in found.message
    assert deliveries_end(replace(endless, since=50.0)) == ()


def work_visible_after(seconds: int, busy: dict[str, int] | Unknown) -> tuple[str, str, str]:
    async def timeline(world: World) -> None:
        world.brokers.busy, world.brokers.consumers = busy, 3
        world.begin(1, 5)
        for _ in range(seconds // 10):
            world.brokers.unacknowledged = 3
            await world.tick(10)

    found = [
        each
        for _, status in run(timeline).objects.statuses
        for each in status["conditions"]
        if each["type"] == "WorkVisible"
    ]
    return found[-1]["status"], found[-1]["reason"], found[-1]["message"]


def test_consumers_of_another_deployment_are_a_hint():
    """Two Deployments on one queue, each with an object: both rose to 20 for the same backlog."""
    busy = {"10.0.0.1": 1, "10.0.0.2": 1, "10.0.0.3": 1}
    status, reason, message = work_visible_after(700, busy)
    assert (status, reason) == ("Unknown", "OtherConsumers")
    assert message.startswith(
        "3 addresses consume the queues, but the workload had 1 replica at most: "
    )
    assert work_visible_after(500, busy)[:2] == ("True", "Visible")
    assert work_visible_after(700, {"10.0.0.1": 3})[:2] == ("True", "Visible")
    assert work_visible_after(700, Unknown("PeersUnknown", ""))[:2] == ("True", "Visible")
