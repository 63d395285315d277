"""Specs that contradict themselves are refused with a sentence that has the correction."""

from typing import Any

import pytest

from tests.integration.operator_crd.apiserver import Cause, DryRun, Refused
from tests.integration.operator_crd.job_rules import JOB_RULES
from tests.integration.operator_crd.schema import Schema, fields_of
from tests.integration.operator_crd.specs import MORNING, Spec, aimed, spec

_LENGTH = {"type": "QueueLength", "messagesPerReplica": 5}

_MOVED = (
    "victimPolicy and maxDrainWaitSeconds are no part of behavior: write them as policy and"
    " maxDrainWaitSeconds of spec.victims"
)
RULES: list[tuple[Spec, str, str]] = [
    *(
        (spec(behavior={"scaleDown": rules}), "spec.behavior.scaleDown", _MOVED)
        for rules in ({"victimPolicy": "IdleOnly"}, {"maxDrainWaitSeconds": 60})
    ),
    *JOB_RULES,
    (
        spec(minReplicas=11),
        "spec.minReplicas",
        "minReplicas is larger than maxReplicas; lower minReplicas or raise maxReplicas",
    ),
    (
        spec(brokerRef={"secretName": "broker", "uriKey": "uri", "keys": {"port": "P"}}),
        "spec.brokerRef",
        "uriKey excludes parts of a URI under keys; name the key of the URI, or those of its parts",
    ),
    *(
        (
            spec(queues=queues),
            "spec",
            "name at least one queue under queues, or a Nameko service under nameko",
        )
        for queues in (None, [])
    ),
    *(
        (
            spec(queues=[queue]),
            "spec.queues[0]",
            "give each entry either a name or a pattern",
        )
        for queue in ({}, {"vhost": "/"}, {"name": "work", "pattern": "wor*"})
    ),
    *(
        (
            spec(queues=queues, brokerRef={"secretName": "broker", "vhost": "shop"}),
            "spec.queues",
            "queues names the same queue or pattern twice; leave one of the two out",
        )
        for queues in (
            [{"name": "work"}, {"name": "other"}, {"name": "work"}],
            [{"pattern": "wor*"}, {"pattern": "wor*"}],
            [{"name": "work"}, {"name": "work", "vhost": "shop"}],
        )
    ),
    (
        spec(target={}, targets=[{}]),
        "spec.targets",
        "use target for one target or targets for several, not both",
    ),
    *(
        (
            spec(minReplicas=minimum, idle={"replicas": minimum}),
            "spec.idle.replicas",
            "idle.replicas has to be lower than minReplicas; leave it out to keep minReplicas",
        )
        for minimum in (0, 2)
    ),
    (
        spec(fallback={"replicas": 11}),
        "spec.fallback.replicas",
        "fallback.replicas is larger than maxReplicas; lower it or raise maxReplicas",
    ),
    (
        spec(schedules=[MORNING, {**MORNING, "minReplicas": 11}]),
        "spec.schedules",
        "a schedule asks for more than maxReplicas; lower its minReplicas or raise maxReplicas",
    ),
    *(
        (
            spec(paused=paused, pausedReplicas=3),
            "spec.pausedReplicas",
            "pausedReplicas holds a count only together with paused: All",
        )
        for paused in (None, "ScaleIn", "ScaleOut")
    ),
    *(
        (
            spec(target={**_LENGTH, "queues": ["other"]}, **finding),
            "spec.target.queues",
            (
                "target.queues names a queue that is not among queues; "
                "write it there as well, letter for letter"
            ),
        )
        for finding in ({}, {"queues": None, "nameko": {"service": "orders"}})
    ),
    (
        spec(targets=[{}, {**_LENGTH, "queues": ["work", "other"]}]),
        "spec.targets",
        (
            "a target names a queue that is not among queues; "
            "write it there as well, letter for letter"
        ),
    ),
]

NEEDED: list[tuple[str, str]] = [
    (
        "QueueLength",
        "QueueLength needs messagesPerReplica, the messages that one replica may have before it",
    ),
    (
        "MessageRate",
        (
            "MessageRate needs messagesPerSecondPerReplica, "
            "the arrivals that one replica is given each second"
        ),
    ),
    (
        "PublishedToDeliveredRatio",
        (
            "PublishedToDeliveredRatio needs ratio, "
            "the published messages for each delivered one that are fine"
        ),
    ),
    (
        "ExpectedQueueConsumptionTime",
        (
            "ExpectedQueueConsumptionTime needs consumptionSeconds, "
            "the time in which the backlog is to be worked off"
        ),
    ),
]

GOOD_TARGETS: dict[str, dict[str, Any]] = {
    "QueueWaitTime": {},
    "QueueLength": {"messagesPerReplica": 5},
    "MessageRate": {"messagesPerSecondPerReplica": 5},
    "PublishedToDeliveredRatio": {"ratio": 1.1},
    "ExpectedQueueConsumptionTime": {"consumptionSeconds": 30},
    "MaximumConcurrency": {},
}

OWNED: list[tuple[dict[str, Any], set[str], str]] = [
    (
        {"waitSeconds": 2},
        {"QueueWaitTime"},
        "waitSeconds belongs to type: QueueWaitTime; remove it or change the type",
    ),
    *(
        (
            field,
            {"QueueLength"},
            (
                "messagesPerReplica and excludeUnacknowledged belong to type: QueueLength; "
                "remove them or change the type"
            ),
        )
        for field in ({"messagesPerReplica": 5}, {"excludeUnacknowledged": True})
    ),
    (
        {"messagesPerSecondPerReplica": 5},
        {"MessageRate"},
        "messagesPerSecondPerReplica belongs to type: MessageRate; remove it or change the type",
    ),
    (
        {"ratio": 1.1},
        {"PublishedToDeliveredRatio"},
        "ratio belongs to type: PublishedToDeliveredRatio; remove it or change the type",
    ),
    (
        {"consumptionSeconds": 30},
        {"ExpectedQueueConsumptionTime"},
        (
            "consumptionSeconds belongs to type: ExpectedQueueConsumptionTime; "
            "remove it or change the type"
        ),
    ),
    (
        {"capacityPerReplica": 7.5},
        {"QueueWaitTime", "ExpectedQueueConsumptionTime"},
        (
            "capacityPerReplica belongs to QueueWaitTime and ExpectedQueueConsumptionTime; "
            "remove it or change the type"
        ),
    ),
    (
        {"workersPerReplica": 4},
        {"QueueWaitTime", "QueueLength", "MaximumConcurrency"},
        (
            "workersPerReplica belongs to QueueWaitTime, QueueLength and MaximumConcurrency; "
            "remove it or change the type"
        ),
    ),
    (
        {"busyPercent": 80},
        {"MaximumConcurrency"},
        "busyPercent belongs to type: MaximumConcurrency; remove it or change the type",
    ),
    (
        {"queues": ["work"]},
        {"QueueLength", "MaximumConcurrency"},
        (
            "only QueueLength and MaximumConcurrency can look at some of the queues; "
            "the other types look at all, remove queues"
        ),
    ),
]


@pytest.mark.parametrize(("bad", "field", "sentence"), RULES)
def test_a_contradiction_is_refused(dry_run: DryRun, bad: Spec, field: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        dry_run.create(bad)
    assert refused.value.causes == [Cause(field, sentence)]


@pytest.mark.parametrize(
    "queues",
    [
        [{"name": "work"}, {"name": "work", "vhost": "shop"}],
        [{"name": "work"}, {"pattern": "wor*"}, {"pattern": "work"}],
    ],
)
def test_queues_with_similar_names_are_accepted(dry_run: DryRun, queues: list[Spec]) -> None:
    assert dry_run.create(spec(queues=queues))["queues"] == queues


@pytest.mark.parametrize(("kind", "sentence"), NEEDED)
def test_a_target_without_its_number_is_refused(dry_run: DryRun, kind: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        dry_run.create(aimed(kind))
    assert refused.value.causes == [Cause("spec.target", sentence)]
    with pytest.raises(Refused) as refused:
        dry_run.create(spec(targets=[{}, {"type": kind}]))
    assert refused.value.causes == [Cause("spec.targets[1]", sentence)]


@pytest.mark.parametrize("kind", GOOD_TARGETS)
@pytest.mark.parametrize(("field", "owners", "sentence"), OWNED)
def test_a_field_goes_only_with_its_types_of_target(
    dry_run: DryRun, kind: str, field: dict[str, Any], owners: set[str], sentence: str
) -> None:
    target = {"type": kind, **GOOD_TARGETS[kind], **field}
    if kind in owners:
        assert dry_run.create(spec(target=target))["target"] == target
        return
    with pytest.raises(Refused) as refused:
        dry_run.create(spec(target=target))
    assert refused.value.causes == [Cause("spec.target", sentence)]


def test_every_rule_between_fields_is_among_those_above(spec_schema: Schema) -> None:
    sentences = {sentence for *_, sentence in (*RULES, *NEEDED, *OWNED)}
    assert sentences == {
        rule["message"]
        for _, node in fields_of(spec_schema)
        if node.get("type") == "object"
        for rule in node.get("x-kubernetes-validations", ())
    }
