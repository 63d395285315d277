"""An alarm of the broker: a condition with advice, and no scale-down until it ends."""

from dataclasses import replace

import pytest

from mare.dashboard.summary import facts_of
from mare.domain.alarms import alarm_of
from mare.domain.unknown import Unknown
from mare.explanation.next_changes import next_changes
from mare.explanation.problems import problems_of
from mare.ports import BrokerReading
from tests.unit.operator_loop.fakes import FakeBrokers
from tests.unit.operator_loop.worlds import AT_ONCE, World

SILENT = Unknown("LeaderSilent", "the leader of queue worker does not answer", "worker")


class AlarmedBrokers(FakeBrokers):
    resources: tuple[str, ...] = ("memory",)

    def _seen(self, name: str) -> BrokerReading:
        return replace(super()._seen(name), alarm=alarm_of(self.resources))


def begun(world: World) -> AlarmedBrokers:
    """Give the loop a broker in alarm, and an object whose queue has drained."""
    brokers = AlarmedBrokers(world.clock)
    world.use(brokers)
    world.begin(replicas=5, ready=0, **AT_ONCE)
    return brokers


async def test_nothing_is_scaled_down_until_the_alarm_ends(world):
    seen = []
    brokers = begun(world)
    await world.ticks(60)
    seen.append((world.workloads.done[:], world.objects.condition("BrokerAlarm")))
    brokers.resources = ()
    await world.ticks(60)
    seen.append((world.workloads.done[:], world.objects.condition("BrokerAlarm")))

    (during, alarmed), (after, ended) = seen
    assert (during, alarmed) == ([], ("True", "MemoryAlarm"))
    assert after[-1] == ("worker", 0)
    assert ended == ("False", "NoAlarm")


async def test_no_number_of_messages_is_named_for_a_scale_down_that_the_alarm_blocks(world):
    brokers, codes = begun(world), []
    brokers.ready["worker"] = 45
    for brokers.resources in (("memory",), ()):
        await world.ticks(20)
        facts = facts_of(world.history)
        codes.append([each.code for each in next_changes(facts, facts.at)])
    assert codes == [["next.scalesUpAt"], ["next.scalesUpAt", "next.scalesDownAt"]]


async def test_the_alarm_is_a_warning_and_a_problem_with_advice(world):
    begun(world)
    await world.tick()

    (problem,) = problems_of(facts_of(world.history))
    assert problem.code == "MARE007"
    assert "scale-down is blocked until it ends" in problem.text
    assert "rabbitmqctl status" in problem.advice
    assert ("worker", "Warning", "MemoryAlarm") in world.objects.events


async def test_more_replicas_are_no_advice_in_an_alarm(world):
    begun(world)
    world.brokers.ready["worker"] = 999
    world.put(maxReplicas=5, generation=2)
    await world.tick()

    problems = problems_of(facts_of(world.history))
    assert [problem.code for problem in problems] == ["MARE007"]


@pytest.mark.parametrize("age", [16, 3600])
async def test_an_alarm_in_old_statistics_is_not_known(world, age: int):
    begun(world).busy_at = world.clock.now - age
    await world.tick()

    assert world.objects.condition("BrokerAlarm") == ("Unknown", "Stale")


async def test_an_alarm_is_shown_while_a_leader_is_silent_again_and_again(world):
    """Such a leader alone is no reason to write a status, and hid all other conditions."""
    brokers = begun(world)
    brokers.resources = ()
    await world.ticks(30)
    for second in range(36):
        if second == 20:
            brokers.resources = ("memory",)
        brokers.ready["worker"] = 0 if second % 19 == 18 else SILENT
        await world.tick()

    assert world.objects.condition("BrokerAlarm") == ("True", "MemoryAlarm")
