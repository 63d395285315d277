import pytest

from mare.convert.findings import Outcome
from tests.unit.operator_convert.inputs import (
    AMQP,
    converted,
    finding,
    rabbitmq,
    refusals,
    scaledobject,
    spec_of,
)

METADATA = "spec.triggers[0].metadata"
CRON = {"timezone": "UTC", "start": "0 8 * * 1-5", "end": "0 9 * * 1-5", "desiredReplicas": "12"}


def cron(**changed: str) -> dict:
    return {"type": "cron", "metadata": CRON | changed}


@pytest.mark.parametrize(
    ("trigger", "target"),
    [
        (rabbitmq(), {"type": "QueueLength", "messagesPerReplica": 20}),
        (rabbitmq(queueLength="5"), {"type": "QueueLength", "messagesPerReplica": 5}),
        (rabbitmq(queueLength="0"), {"type": "QueueLength", "messagesPerReplica": 20}),
        (
            rabbitmq(mode="QueueLength", value="100.50"),
            {"type": "QueueLength", "messagesPerReplica": 100.5},
        ),
        (
            rabbitmq(mode="QueueLength", value="7", excludeUnacknowledged="true"),
            {"type": "QueueLength", "messagesPerReplica": 7, "excludeUnacknowledged": True},
        ),
        (
            rabbitmq(AMQP, mode="QueueLength", value="7"),
            {"type": "QueueLength", "messagesPerReplica": 7, "excludeUnacknowledged": True},
        ),
        (
            rabbitmq(mode="MessageRate", value="12"),
            {"type": "MessageRate", "messagesPerSecondPerReplica": 12},
        ),
        (
            rabbitmq(mode="PublishedToDeliveredRatio", value="1.1", metric_type="Value"),
            {"type": "PublishedToDeliveredRatio", "ratio": 1.1},
        ),
        (
            rabbitmq(mode="ExpectedQueueConsumptionTime", value="20", metric_type="Value"),
            {"type": "ExpectedQueueConsumptionTime", "consumptionSeconds": 20},
        ),
    ],
)
def test_a_mode_becomes_the_target_that_means_the_same(trigger, target):
    assert spec_of(scaledobject(trigger))["target"] == target


@pytest.mark.parametrize(
    ("trigger", "why"),
    [
        (rabbitmq(queueLength="5", mode="QueueLength", value="5"), "KEDA refuses queueLength"),
        (rabbitmq(value="5"), "KEDA refuses value without mode"),
        (rabbitmq(mode="QueueLength"), "KEDA refuses mode without value"),
        (rabbitmq(mode="QueueLength", value="0"), "KEDA refuses mode without value"),
        (rabbitmq(mode="QueueLength", value="ten"), "has to be a number"),
        (rabbitmq(mode="QueueLength", value="-3"), "has to be at least 0.001"),
        (rabbitmq(mode="Length", value="5"), "has to be one of QueueLength, MessageRate"),
        (rabbitmq(mode="DeliverGetRate", value="5"), "no target for deliveries"),
        (rabbitmq(AMQP, mode="MessageRate", value="5"), "mode MessageRate over AMQP"),
        (rabbitmq(AMQP, excludeUnacknowledged="true"), "excludeUnacknowledged over AMQP"),
        (rabbitmq(AMQP, useRegex="true"), "useRegex over AMQP"),
        (rabbitmq(AMQP, timeout="1000"), "timeout over AMQP"),
        (rabbitmq(useRegex="yes"), "has to be one of true, false"),
        (rabbitmq(useRegex="true", operation="max"), "has no max"),
        (rabbitmq(useRegex="true", operation="avg"), "has no avg"),
        (rabbitmq(mode="QueueLength", value="5", metric_type="Value"), "multiplies the current"),
        (rabbitmq(mode="MessageRate", value="5", metric_type="Value"), "multiplies the current"),
        (rabbitmq(mode="PublishedToDeliveredRatio", value="2"), "divides the metric"),
        (rabbitmq(mode="ExpectedQueueConsumptionTime", value="2"), "divides the metric"),
        (rabbitmq(metric_type="Utilization"), "has to be one of AverageValue, Value"),
        (rabbitmq(queueName=""), "is missing; add it"),
        (rabbitmq("rabbit:5672"), "host is not a URI"),
        (rabbitmq(vHostName="/"), "did you mean vhostName?"),
        ({"type": "rabbitmq", "metadata": {"queueName": "a"}}, "needs host"),
        ({"type": "cpu", "metadata": {"value": "80"}}, "not by cpu"),
        ({"metadata": {"value": "80"}}, "type is missing"),
        (cron(), "a QueueAutoscaler needs a queue: there is no rabbitmq trigger"),
    ],
)
def test_a_trigger_that_cannot_be_converted_is_refused_with_the_reason(trigger, why):
    conversion = converted(scaledobject(trigger))
    assert conversion.exit_code == 1
    assert any(why in refusal for refusal in refusals(conversion.results[0]))


def test_a_trigger_without_a_type_is_not_reported_as_another_type():
    [result] = converted(scaledobject({"metadata": {"value": "80"}})).results
    assert not any("not by" in refusal for refusal in refusals(result))


def test_an_unknown_protocol_needs_the_user():
    trigger = {"type": "rabbitmq", "metadata": {"queueName": "a", "hostFromEnv": "RABBIT"}}
    conversion = converted(scaledobject(trigger))
    found = finding(conversion.results[0], f"{METADATA}.hostFromEnv")
    assert "add excludeUnacknowledged: true" in found.note
    assert "if the URI begins with http, use the key management-uri" in found.note


def test_several_modes_of_one_queue_become_several_targets():
    first = rabbitmq(mode="QueueLength", value="5")
    second = rabbitmq(mode="MessageRate", value="7")
    spec = spec_of(scaledobject(first, second))
    assert spec["queues"] == [{"name": "orders"}]
    assert [target["type"] for target in spec["targets"]] == ["QueueLength", "MessageRate"]
    assert not any("queues" in target for target in spec["targets"])


def test_a_rate_of_one_of_several_queues_is_refused():
    first = rabbitmq(queueName="a", mode="QueueLength", value="5")
    second = rabbitmq(queueName="b", mode="MessageRate", value="7")
    [result] = converted(scaledobject(first, second)).results
    assert any("sum of all queues" in refusal for refusal in refusals(result))
    assert finding(result, "spec.triggers[1].metadata.mode").outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("value", "activation"),
    [
        ("0", {"threshold": 0}),
        ("5", {"threshold": 5}),
        ("10.5", {"threshold": 10}),
        ("-1", {"mode": "Always"}),
    ],
)
def test_activation_is_a_count_of_messages_that_has_to_be_exceeded(value, activation):
    spec = spec_of(scaledobject(rabbitmq(activationValue=value)))
    assert spec["activation"] == activation


def test_the_lowest_activation_of_several_triggers_counts():
    first, second = rabbitmq(activationValue="5"), rabbitmq(activationValue="3")
    assert spec_of(scaledobject(first, second))["activation"] == {"threshold": 3}


@pytest.mark.parametrize(
    "other",
    [
        rabbitmq(),
        rabbitmq(mode="PublishedToDeliveredRatio", value="2", metric_type="Value"),
    ],
    ids=["without a value", "of another mode"],
)
def test_a_trigger_without_activation_value_activates_at_the_first_message(other):
    spec = spec_of(scaledobject(rabbitmq(activationValue="5"), other))
    assert spec["activation"] == {"threshold": 0}


def test_an_activation_value_that_does_not_count_messages_is_dropped():
    trigger = rabbitmq(
        mode="PublishedToDeliveredRatio", value="2", metric_type="Value", activationValue="1.5"
    )
    conversion = converted(scaledobject(trigger))
    found = finding(conversion.results[0], f"{METADATA}.activationValue")
    assert found.outcome is Outcome.DROPPED
    assert "by the first one" in found.note


def test_a_cron_trigger_becomes_a_schedule():
    spec = spec_of(scaledobject(rabbitmq(), cron(), maxReplicaCount=10))
    times = {name: CRON[name] for name in ("start", "end", "timezone")}
    assert spec["schedules"] == [times | {"minReplicas": 10}]


@pytest.mark.parametrize(
    ("triggers", "why"),
    [
        ([rabbitmq()] * 9, "targets has to have at most 8 entries"),
        ([rabbitmq(useRegex="true", queueName=f"^({'|'.join('abcdefghi')})$")], None),
        (
            [
                rabbitmq(useRegex="true", queueName=f"^({'|'.join(f'{p}{n}' for n in range(17))})$")
                for p in "ab"
            ],
            "queues has to have at most 32 entries",
        ),
        ([rabbitmq(mode="QueueLength", value="2e9")], "has to be at most 1000000000"),
        ([rabbitmq(activationValue="2e9")], "has to be at most 1000000000"),
        ([rabbitmq(queueName="a" * 256)], "has to have at most 255 characters"),
        ([rabbitmq(), *[cron()] * 17], "schedules has to have at most 16 entries"),
    ],
)
def test_values_beyond_the_bounds_of_a_queueautoscaler_are_refused(triggers, why):
    [result] = converted(scaledobject(*triggers)).results
    assert result.refused == (why is not None)
    assert why is None or any(why in refusal for refusal in refusals(result))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"start": "@daily"}, "has to have five fields"),
        ({"desiredReplicas": "0"}, "has to be a whole number of at least 1"),
        ({"desiredReplicas": "1.5"}, "has to be a whole number of at least 1"),
        ({"desiredReplicas": "1e400"}, "has to be a number"),
        ({"timezone": ""}, "is missing; add it"),
        ({"begin": "x"}, "is not a known field"),
    ],
)
def test_a_cron_trigger_that_keda_cannot_read_is_refused(wrong, why):
    [result] = converted(scaledobject(rabbitmq(), cron(**wrong))).results
    assert any(why in refusal for refusal in refusals(result))
