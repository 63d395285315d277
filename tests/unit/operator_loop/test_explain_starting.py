"""`mare explain` and the dashboard while replicas do not start."""

from dataclasses import replace

from mare.custom_resource.autoscaler import read_autoscaler
from mare.dashboard.summary import facts_of
from mare.explanation.next_changes import next_changes
from mare.explanation.stored import facts_of_stored
from tests.unit.operator_loop.worlds import body


async def test_the_next_scale_up_is_beyond_the_messages_that_do_not_count(world):
    world.brokers.consumers, world.brokers.published = 0, 0
    world.begin(1, 0, minReplicas=1)
    scale = world.workloads.scales["worker"]
    world.workloads.scales["worker"] = replace(scale, ready=0)
    for second in range(1, 200):
        world.brokers.ready["worker"] = world.brokers.published = 2 * second
        await world.tick()

    stored = {**body(minReplicas=1), "status": world.objects.status()}
    for facts in (facts_of_stored(read_autoscaler(stored), world.clock()), facts_of(world.history)):
        assert facts.uncounted > 100
        assert f"scales up at {facts.uncounted + 23} messages" in next_changes(facts, facts.at)
