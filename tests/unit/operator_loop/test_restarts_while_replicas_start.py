"""What a new leader continues while replicas do not start or are not ready."""

from dataclasses import replace


async def test_a_new_leader_asks_for_no_more_of_replicas_that_do_not_start(world, change_leader):
    world.brokers.consumers, world.brokers.published = 0, 0
    world.begin(2, 0, target={"type": "QueueLength", "messagesPerReplica": 20})
    asked = 0
    for second in range(1, 700):
        if second > 200 and second % 100 == 0:
            await change_leader(target={"type": "QueueLength", "messagesPerReplica": 20})
        world.brokers.ready["worker"] = world.brokers.published = 10 * second
        await world.tick()
        if second == 200:
            asked = world.workloads.done[-1][1]
    assert world.workloads.done[-1][1] == asked < 20
    world.brokers.ready["worker"] += 3_000
    await world.tick()
    assert world.workloads.done[-1][1] == 50


async def test_messages_that_wait_for_replicas_take_few_status_writes(world):
    world.brokers.consumers, world.brokers.published = 0, 0
    world.begin(2, 0, target={"type": "QueueLength", "messagesPerReplica": 20})
    for second in range(1, 1_000):
        world.brokers.ready["worker"] = world.brokers.published = 10 * second
        await world.tick()
        if second == 100:
            early = len(world.objects.statuses)
    assert len(world.objects.statuses) - early <= 6
    starting = world.objects.status()["timers"]["starting"]
    assert starting["uncounted"] > starting["ready"] / 2
    world.brokers.consumers = 50
    await world.ticks(15)
    assert "starting" not in world.objects.status()["timers"]


async def test_replicas_that_are_not_ready_are_reported_after_five_minutes_of_all_leaders(
    world, change_leader
):
    world.brokers.consumers = 0
    world.begin(12, 120)
    have = replace(world.workloads.scales["worker"], ready=0)
    world.workloads.scales["worker"] = have
    for second in range(1, 320):
        if second % 80 == 0:
            await change_leader()
        await world.tick()
    assert world.objects.condition("ReplicasReady") == ("False", "ReplicasNotReady")
