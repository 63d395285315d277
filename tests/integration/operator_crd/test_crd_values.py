"""Words, patterns and missing fields: what a spec may say, and what the API server adds to it."""

from typing import Any

import pytest

from tests.integration.operator_crd.apiserver import DryRun, Refused
from tests.integration.operator_crd.schema import Schema, fields_of
from tests.integration.operator_crd.specs import (
    MORNING,
    SMALLEST,
    Spec,
    behaving,
    limited,
    spec,
)

CHOICES = {
    "spec.activation.mode": ["Auto", "Always"],
    "spec.behavior.scaleUp.selectPolicy": ["Max", "Min", "Disabled"],
    "spec.behavior.scaleUp.policies[0].type": ["Pods", "Percent"],
    "spec.behavior.scaleDown.selectPolicy": ["Max", "Min", "Disabled"],
    "spec.behavior.scaleDown.policies[0].type": ["Pods", "Percent"],
    "spec.victims.policy": ["IdleFirst", "IdleOnly", "Default"],
    "spec.fallback.behavior": ["CurrentReplicasIfHigher", "Static"],
    "spec.forecast.mode": ["Off", "DryRun", "On"],
    "spec.onDelete": ["Keep", "Restore"],
    "spec.paused": ["All", "ScaleIn", "ScaleOut"],
    "spec.target.type": [
        "QueueWaitTime",
        "QueueLength",
        "MessageRate",
        "PublishedToDeliveredRatio",
        "ExpectedQueueConsumptionTime",
        "MaximumConcurrency",
    ],
}


def _saying(field: str, word: str) -> Spec:
    match field.split(".")[1:]:
        case ["behavior", direction, "policies[0]", "type"]:
            return limited(direction, type=word)
        case ["behavior", direction, name]:
            return behaving(direction, **{name: word})
        case ["fallback", name]:
            return spec(fallback={"replicas": 1, name: word})
        case [group, name]:
            return spec(**{group: {name: word}})
        case [name]:
            return spec(**{name: word})
    raise ValueError(field)


@pytest.mark.parametrize("field", CHOICES)
def test_a_word_that_is_none_of_the_choices_is_refused_and_they_are_named(
    dry_run: DryRun, field: str
) -> None:
    for word in CHOICES[field]:
        if field != "spec.target.type":  # most types need more: see the rules
            dry_run.create(_saying(field, word))
    with pytest.raises(Refused) as refused:
        dry_run.create(_saying(field, "max"))
    choices = ", ".join(f'"{word}"' for word in CHOICES[field])
    assert refused.value.causes == [
        (field, f'Unsupported value: "max": supported values: {choices}')
    ]


def test_every_choice_of_the_schema_is_among_those_above(spec_schema: Schema) -> None:
    assert {
        field: node["enum"]
        for field, node in fields_of(spec_schema)
        if "enum" in node and not field.startswith("spec.targets")
    } == CHOICES


@pytest.mark.parametrize(
    ("bad", "missing"),
    [
        ({"scaleTargetRef": {"name": "worker"}}, ["spec.brokerRef", "spec.maxReplicas"]),
        (spec(scaleTargetRef={"kind": "Deployment"}), ["spec.scaleTargetRef.name"]),
        (spec(brokerRef={"vhost": "/"}), ["spec.brokerRef.secretName"]),
        (spec(nameko={"maxWorkers": 4}), ["spec.nameko.service"]),
        (spec(fallback={"afterSeconds": 60}), ["spec.fallback.replicas"]),
        (
            spec(schedules=[{}]),
            [f"spec.schedules[0].{field}" for field in ("start", "end", "minReplicas")],
        ),
        (
            behaving("scaleUp", policies=[{}]),
            [
                f"spec.behavior.scaleUp.policies[0].{field}"
                for field in ("type", "value", "periodSeconds")
            ],
        ),
    ],
)
def test_what_is_missing_is_named(dry_run: DryRun, bad: Spec, missing: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        dry_run.create(bad)
    assert refused.value.causes == [(field, "Required value") for field in missing]


def test_a_misspelt_field_is_refused(dry_run: DryRun) -> None:
    with pytest.raises(Refused, match=r'unknown field "spec\.minReplica"'):
        dry_run.create(spec(minReplica=1))


@pytest.mark.parametrize("tolerance", [0, 0.05, 1, "0", "0.05", ".05", "50m", "1000m", "1"])
@pytest.mark.parametrize("direction", ["scaleUp", "scaleDown"])
def test_a_tolerance_is_a_number_or_a_quantity_as_an_hpa_prints_it(
    dry_run: DryRun, direction: str, tolerance: float | str
) -> None:
    stored = dry_run.create(behaving(direction, tolerance=tolerance))
    assert stored["behavior"][direction]["tolerance"] == tolerance


@pytest.mark.parametrize(
    "tolerance", [-0.1, 1.1, "", "5%", "1.5", "-50m", "1500m", "1e-2", True, [], [1], {}, {"a": 1}]
)
def test_anything_else_is_no_tolerance(dry_run: DryRun, tolerance: Any) -> None:
    with pytest.raises(Refused, match=r"spec\.behavior\.scaleUp\.tolerance"):
        dry_run.create(behaving("scaleUp", tolerance=tolerance))


@pytest.mark.parametrize("cron", ["0 8 * * 1-5", "*/15 8-18 1,15 * *", "0  8  *  *  MON"])
def test_a_schedule_is_five_fields(dry_run: DryRun, cron: str) -> None:
    dry_run.create(spec(schedules=[{**MORNING, "start": cron, "end": cron}]))


@pytest.mark.parametrize(
    "cron", ["at eight o'clock", "0 8 * * 1 2026", " 0 8 * * 1-5", "@workdays"]
)
@pytest.mark.parametrize("field", ["start", "end"])
def test_a_schedule_of_other_than_five_fields_is_refused(
    dry_run: DryRun, field: str, cron: str
) -> None:
    with pytest.raises(Refused, match=rf"spec\.schedules\[0\]\.{field}: .* should match"):
        dry_run.create(spec(schedules=[{**MORNING, field: cron}]))


def test_the_api_server_fills_in_the_defaults(dry_run: DryRun) -> None:
    given = {**SMALLEST, "queues": None, "nameko": {"service": "orders"}}
    assert dry_run.create(given) == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"},
        "brokerRef": {"secretName": "broker"},
        "minReplicas": 0,
        "maxReplicas": 10,
        "nameko": {"service": "orders", "maxWorkers": 10},
        "activation": {"threshold": 0, "mode": "Auto"},
        "idle": {"cooldownSeconds": 60},
        "stalenessSeconds": 15,
        "dryRun": False,
        "onDelete": "Keep",
    }


def test_the_api_server_fills_in_the_defaults_of_what_was_begun(dry_run: DryRun) -> None:
    begun = dry_run.create(
        spec(
            behavior={"scaleUp": {}, "scaleDown": {}},
            victims={},
            fallback={"replicas": 3},
            schedules=[MORNING],
        )
    )
    assert begun["behavior"] == {"scaleUp": {}, "scaleDown": {}}
    assert begun["victims"] == {"policy": "IdleFirst", "maxDrainWaitSeconds": 300}
    assert begun["fallback"] == {
        "replicas": 3,
        "afterSeconds": 180,
        "behavior": "CurrentReplicasIfHigher",
    }


def test_the_api_server_adds_nothing_to_lists_and_targets(dry_run: DryRun) -> None:
    """Argo CD compares a list as a whole: an object with more in it is never Synced."""
    given = {"schedules": [MORNING], "targets": [{"waitSeconds": 5}, {}]}
    begun = dry_run.create(spec(**given))
    assert {name: begun[name] for name in given} == given
    assert dry_run.create(spec(target={}))["target"] == {}
