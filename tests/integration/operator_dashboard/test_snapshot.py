"""The JSON of objects in every situation."""

from dataclasses import replace

import pytest

from mare.dashboard.serialize import Json
from mare.domain.alarms import alarm_of
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, BrokerReading
from tests.integration.operator_dashboard.visiting import have, visit

CONFIGURED_CAPACITY = {"type": "QueueWaitTime", "waitSeconds": 2.0, "capacityPerReplica": 5}


def detail_of(name, *, ticks=3, prepare=None, **given):
    """Return state and detail of one object after a few ticks."""
    responses = {}

    async def timeline(visitor):
        have(visitor.world, name, **given)
        if prepare:
            prepare(visitor.world)
        for _ in range(ticks):
            await visitor.world.tick()
        responses["state"] = await visitor.state()
        responses["one"] = await visitor.one(name)

    visit(timeline)
    [short] = responses["state"]["objects"]
    one = responses["one"]
    assert {key: one[key] for key in short} == short
    return one


def test_a_workload_that_follows_its_queue():
    one = detail_of("normal", ready=95, replicas=10)
    assert one["replicas"] == {
        "min": 0,
        "max": 50,
        "running": 10,
        "requested": 10,
        "desired": 10,
        "raw": 10,
    }
    assert one["depth"]["value"] == 95
    assert one["constraint"] == {"code": "DesiredWithinRange", "until": None}
    assert one["fresh"] is True
    assert one["sentence"]["clauses"][0]["numbers"] == {
        "messages": 95,
        "each": 10,
        "replicas": 10,
    }
    [deciding] = [step for step in one["trace"] if step["deciding"]]
    assert (deciding["stage"], deciding["replicas"]) == ("proposal", 10)
    assert {each["code"]: each["numbers"] for each in one["next"]} == {
        "next.scalesUpAt": {"messages": 111},
        "next.scalesDownAt": {"messages": 89},
    }


def test_zero_is_a_normal_state():
    one = detail_of("zero", ready=0, replicas=0)
    assert one["attention"] == "none"
    assert (one["depth"]["value"], one["drain"]["value"], one["wait"]["value"]) == (0, 0, 0)
    assert one["constraint"]["code"] == "Idle"
    assert [each["code"] for each in one["next"]] == ["next.activatesAt"]


def test_an_object_whose_statistics_are_missing_needs_attention():
    def without_statistics(world):
        world.brokers.unacknowledged = Unknown("NotReported", "the management API does not answer")

    one = detail_of("kept", ready=30, replicas=10, prepare=without_statistics)
    assert (one["constraint"]["code"], one["attention"]) == ("PartlyUnknown", "unknown")


def test_an_unknown_value_is_null_with_a_reason():
    gone = Unknown("BrokerUnreachable", "amqp://me:secret@broker:5672 does not answer")
    one = detail_of("unknown", ready=gone, replicas=3, fallback={"replicas": 2, "afterSeconds": 60})
    assert one["attention"] == "unknown"
    assert one["depth"]["value"] is None
    assert one["depth"]["unknown"]["reason"] == "BrokerUnreachable"
    assert one["fresh"] is False
    assert one["constraint"]["code"] == "QueuesUnknown"
    assert one["constraint"]["until"] is not None
    assert "next.fallbackIn" in [each["code"] for each in one["next"]]
    assert [each["code"] for each in one["problems"]] == ["MARE001"]
    assert "secret" not in str(one)
    assert "://" not in str(one)


@pytest.mark.parametrize(
    ("spec", "ready", "replicas", "code", "next_code"),
    [
        ({"paused": "All"}, 95, 3, "Paused", "next.resume"),
        ({"dryRun": True}, 95, 2, "DryRun", "next.carryOut"),
        ({"maxReplicas": 5}, 95, 5, "TooManyReplicas", "next.raiseMax"),
        (
            {"minReplicas": 3, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}},
            20,
            3,
            "TooFewReplicas",
            "next.scalesUpAt",
        ),
        ({}, 10, 9, "ScaleDownStabilized", "next.scalesDownIn"),
        ({}, 96, 9, "WithinTolerance", "next.scalesUpAt"),
    ],
)
def test_the_constraint(spec, ready, replicas, code, next_code):
    ticks = 3 if code == "ScaleDownStabilized" else 20
    one = detail_of("held", ticks=ticks, ready=ready, replicas=replicas, **spec)
    assert one["constraint"]["code"] == code
    assert next_code in [each["code"] for each in one["next"]]


def test_pending_pods_differ_from_starting_ones():
    def half_ready(world):
        world.workloads.scales["slow"] = replace(world.workloads.scales["slow"], ready=1)

    starting = detail_of("slow", ready=95, replicas=10, prepare=half_ready)
    held_up = detail_of("slow", ready=95, replicas=10, prepare=half_ready, ticks=40)
    assert (starting["attention"], starting["constraint"]["code"]) == ("none", "DesiredWithinRange")
    assert (held_up["attention"], held_up["constraint"]["code"]) == ("pending", "PodsPending")
    assert [each["code"] for each in held_up["problems"]] == ["MARE014"]


def test_a_missing_workload_is_a_problem():
    def without_workload(world):
        del world.workloads.scales["lost"]

    one = detail_of("lost", ready=95, replicas=1, prepare=without_workload)
    assert (one["constraint"]["code"], one["sentence"]) == ("UnableToScale", None)
    assert (one["trace"], one["next"]) == ([], [])
    [missing] = one["problems"]
    assert missing["code"] == "MARE010"
    assert [each["code"] for each in missing["clauses"]] == ["unknown", "advice.createWorkload"]


def test_an_error_has_the_message_of_the_api_server():
    def refused(world):
        world.workloads.errors["kept"] = AccessRefused("may not patch deployments/scale")

    [problem] = detail_of("kept", ready=999, replicas=1, prepare=refused)["problems"]
    codes = [each["code"] for each in problem["clauses"]]
    assert codes == ["unknown", "recorded", "advice.allowScale"]
    assert problem["clauses"][1]["text"] == problem["text"] == "may not patch deployments/scale"


def test_a_configured_capacity_gives_the_wait_at_once():
    one = detail_of("configured", ready=20, replicas=2, ticks=1, target=CONFIGURED_CAPACITY)
    assert (one["wait"]["value"], one["waitTarget"]) == (2.0, 2.0)


def test_the_list_shows_which_objects_need_attention():
    found = {}

    async def timeline(visitor):
        world = visitor.world
        have(world, "calm", ready=95, replicas=10)
        have(world, "pending", ready=95, replicas=10)
        have(world, "behind", ready=9999, replicas=50)
        have(world, "unknown", ready=Unknown("QueueNotFound", "no queue"), replicas=1)
        world.workloads.scales["pending"] = replace(world.workloads.scales["pending"], ready=0)
        for _ in range(40):
            await world.tick()
        state = await visitor.state()
        found.update({each["name"]: each["attention"] for each in state["objects"]})

    visit(timeline)
    assert found == {each: each for each in found} | {"calm": "none"}


def test_without_objects_the_list_is_empty():
    async def timeline(visitor):
        state = await visitor.state()
        assert state["objects"] == []
        assert state["operator"]["brokers"] == {"total": 0, "unread": None, "alarm": None}
        assert (await visitor.get("/api/objects/shop/none"))[0] == 404

    visit(timeline)


def test_the_operator_status_counts_recent_errors():
    async def timeline(visitor):
        world = visitor.world
        have(world, "refused", ready=95, replicas=1)
        world.workloads.errors["refused"] = AccessRefused("may not patch deployments/scale")
        await world.tick()
        operator_status = (await visitor.state())["operator"]
        assert (operator_status["leader"], operator_status["tickedAt"]) == (
            "mare-1",
            round(world.clock.now, 3),
        )
        assert operator_status["errors"] == 1
        world.clock.now += 301
        assert (await visitor.state())["operator"]["errors"] == 0

    visit(timeline)


def test_the_operator_status_counts_brokers_that_cannot_be_read():
    async def timeline(visitor):
        world = visitor.world
        have(world, "fine", ready=95, replicas=10)
        world.brokers.away["other"] = Unknown("BrokerUnreachable", "the broker does not answer")
        have(world, "away", ready=95, replicas=10, secret="other")
        for _ in range(3):
            await world.tick()
        operator_status = (await visitor.state())["operator"]
        unread = operator_status["brokers"].pop("unread")
        assert operator_status["brokers"] == {"total": 2, "alarm": None}
        assert (unread["count"], unread["secret"]) == (1, "shop/other")
        assert unread["why"]["cause"] == "the broker does not answer"
        assert unread["advice"]["code"] == "advice.checkBroker"
        assert operator_status["errors"] == 1

    visit(timeline)


def brokers_of(reading: BrokerReading) -> Json:
    """The brokers in the operator's status, of which one returns this reading."""
    found = []

    async def timeline(visitor):
        have(visitor.world, "one", ready=0, replicas=1)
        visitor.world.brokers.reading = reading
        await visitor.world.tick()
        found.append((await visitor.state())["operator"]["brokers"])

    visit(timeline)
    return found[0]


def test_a_refused_password_is_named_with_its_advice():
    why = Unknown("AccessRefused", "the broker refuses the user or the password")
    unread = brokers_of(BrokerReading(queues=why, busy=why))["unread"]
    assert unread["why"]["cause"] == why.cause
    assert "password" in unread["advice"]["text"]


def test_an_object_over_its_limit_is_no_problem_of_the_broker():
    why = Unknown("TooManyQueues", "it selects more than 2,000 queues")
    assert brokers_of(BrokerReading(queues=why, busy=why))["unread"] is None


def test_a_broker_in_alarm_is_named_with_its_advice():
    reading = BrokerReading(queues=(), busy={}, busy_at=9e9, alarm=alarm_of(["disk"]))
    alarm = brokers_of(reading)["alarm"]
    assert (alarm["count"], alarm["why"]["reason"]) == (1, "DiskAlarm")
    assert "rabbitmqctl status" in alarm["advice"]["text"]


def test_without_a_cluster_the_command_reads_the_explanation_from_the_page():
    async def timeline(visitor):
        have(visitor.world, "worker", ready=95, replicas=10, maxReplicas=5)
        autoscaler = next(iter(visitor.world.loop.autoscalers))
        spec = replace(autoscaler.spec, max_set_by="--max")
        local = replace(autoscaler.target, kind="command")
        visitor.world.loop.put(replace(autoscaler, target=local, spec=spec, generation=2))
        for _ in range(3):
            await visitor.world.tick()
        one = await visitor.one("worker")
        assert one["explain"] == "curl -s '{page}api/objects/shop/worker/explain'"
        command = one["decisions"][0]["explain"]
        for path, status, part in (
            ("", 200, "try: raise --max, or reduce the service time"),
            (command.partition("explain")[2].rstrip("'"), 200, "worker at "),
            ("?at=x", 400, "RFC 3339"),
            ("?at=1960-01-01T00:00:00Z", 404, "the oldest decision"),
        ):
            async with visitor.session.get(f"/api/objects/shop/worker/explain{path}") as answer:
                text = await answer.text()
            assert answer.status == status, text
            assert part in text

    visit(timeline)


def test_the_lines_of_the_list_are_drawn_once_in_ten_seconds():
    async def timeline(visitor):
        have(visitor.world, "busy", ready=20, replicas=2)
        await visitor.world.tick()
        _, before = await visitor.get("/api/sparklines")
        visitor.world.brokers.ready["busy"] = 70
        await visitor.world.tick()
        _, soon = await visitor.get("/api/sparklines")
        for _ in range(12):
            await visitor.world.tick()
        _, later = await visitor.get("/api/sparklines")
        highest = [each["lines"]["shop/busy"]["highest"] for each in (before, soon, later)]
        assert highest == [20, 20, 70]

    visit(timeline)
