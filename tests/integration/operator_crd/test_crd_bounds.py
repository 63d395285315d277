"""Every number, text and list has bounds; at them it is good, beyond them it is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.operator_crd.apiserver import DryRun, Refused
from tests.integration.operator_crd.schema import Schema, fields_of
from tests.integration.operator_crd.specs import (
    MORNING,
    POLICY,
    Spec,
    aimed,
    behaving,
    creating,
    limited,
    spec,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and highest good value, or length, and a spec that has a given one."""

    lowest: float | None
    highest: float
    having: Callable[[Any], Spec]

    @property
    def too_low(self) -> list[float]:
        if self.lowest is None:
            return []
        return [self.lowest / 2, 0, -1] if 0 < self.lowest < 1 else [self.lowest - 1]


def _target(field: str, kind: str, lowest: float, highest: float) -> tuple[str, Bounds]:
    return f"spec.target.{field}", Bounds(lowest, highest, lambda n: aimed(kind, **{field: n}))


def _text(n: int) -> str:
    return "x" * n


def _api_version(n: int) -> str:
    version = min(n, 63)
    return _text(version) if n == version else f"{_text(n - version - 1)}/{_text(version)}"


def _cron(n: int) -> str:
    return "0 8 * * " + "1" * (n - 8)


def _queue(**fields: Any) -> Spec:
    return spec(queues=[fields])


def _morning(**fields: Any) -> Spec:
    return spec(schedules=[{**MORNING, **fields}], maxReplicas=10_000)


def _target_of(**fields: Any) -> Spec:
    return spec(scaleTargetRef={"name": "worker", **fields})


def _queues(n: int) -> list[dict[str, str]]:
    return [{"name": _text(length)} for length in range(1, n + 1)]


def _with_queues(queues: list[dict[str, str]]) -> Spec:
    names = [queue["name"] for queue in queues]
    return spec(
        queues=queues or None,
        nameko={"service": "s"},
        target={"type": "QueueLength", "messagesPerReplica": 5, "queues": names},
    )


BOUNDS = {
    "spec.minReplicas": Bounds(0, 10_000, lambda n: spec(minReplicas=n, maxReplicas=10_000)),
    "spec.maxReplicas": Bounds(1, 10_000, lambda n: spec(maxReplicas=n)),
    "spec.scaleTargetRef.apiVersion": Bounds(
        1, 317, lambda n: _target_of(apiVersion=_api_version(n))
    ),
    "spec.scaleTargetRef.kind": Bounds(1, 63, lambda n: _target_of(kind=_text(n))),
    "spec.scaleTargetRef.name": Bounds(1, 253, lambda n: _target_of(name=_text(n))),
    "spec.brokerRef.secretName": Bounds(1, 253, lambda n: spec(brokerRef={"secretName": _text(n)})),
    "spec.brokerRef.uriKey": Bounds(
        1, 253, lambda n: spec(brokerRef={"secretName": "broker", "uriKey": _text(n)})
    ),
    **{
        f"spec.brokerRef.keys.{part}": Bounds(
            1 if least == "x" else len(least),
            253,
            lambda n, part=part, least=least: spec(
                brokerRef={"secretName": "broker", "keys": {part: (least + _text(n))[:n]}}
            ),
        )
        for part, least in (
            ("host", "host"),
            ("port", "x"),
            ("username", "x"),
            ("password", "x"),
            ("vhost", "vhost"),
            ("managementUri", "x"),
            ("ca", "x"),
        )
    },
    "spec.brokerRef.vhost": Bounds(
        1, 255, lambda n: spec(brokerRef={"secretName": "broker", "vhost": _text(n)})
    ),
    "spec.queues": Bounds(None, 32, lambda n: spec(queues=_queues(n), nameko={"service": "s"})),
    "spec.queues[0].name": Bounds(1, 255, lambda n: _queue(name=_text(n))),
    "spec.queues[0].pattern": Bounds(1, 255, lambda n: _queue(pattern=_text(n))),
    "spec.queues[0].vhost": Bounds(1, 255, lambda n: _queue(name="work", vhost=_text(n))),
    "spec.nameko.service": Bounds(1, 128, lambda n: spec(nameko={"service": _text(n)})),
    "spec.nameko.maxWorkers": Bounds(
        1, 10_000, lambda n: spec(nameko={"service": "orders", "maxWorkers": n})
    ),
    **dict(
        [
            _target("waitSeconds", "QueueWaitTime", 0.1, 86_400),
            _target("capacityPerReplica", "QueueWaitTime", 0.0001, 1_000_000),
            _target("workersPerReplica", "MaximumConcurrency", 1, 10_000),
            _target("messagesPerReplica", "QueueLength", 0.001, 1_000_000_000),
            _target("messagesPerSecondPerReplica", "MessageRate", 0.0001, 1_000_000),
            _target("ratio", "PublishedToDeliveredRatio", 0.01, 100),
            _target("consumptionSeconds", "ExpectedQueueConsumptionTime", 0.1, 86_400),
            _target("busyPercent", "MaximumConcurrency", 1, 100),
        ]
    ),
    "spec.target.queues": Bounds(1, 32, lambda n: _with_queues(_queues(n))),
    "spec.target.queues[0]": Bounds(1, 255, lambda n: _with_queues([{"name": _text(n)}])),
    "spec.targets": Bounds(1, 8, lambda n: spec(targets=[{}] * n)),
    **{
        f"spec.jobs.{field}": Bounds(
            lowest, highest, lambda n, field=field: creating(jobs={field: n})
        )
        for field, lowest, highest in (
            ("messagesPerJob", 1, 10_000),
            ("startSeconds", 1, 3_600),
            ("successfulJobsHistoryLimit", 0, 1_000),
            ("failedJobsHistoryLimit", 0, 1_000),
        )
    },
    "spec.activation.threshold": Bounds(
        0, 1_000_000_000, lambda n: spec(activation={"threshold": n})
    ),
    "spec.idle.cooldownSeconds": Bounds(0, 86_400, lambda n: spec(idle={"cooldownSeconds": n})),
    "spec.idle.replicas": Bounds(
        0, 9_999, lambda n: spec(idle={"replicas": n}, minReplicas=10_000, maxReplicas=10_000)
    ),
    **{
        f"spec.behavior.{direction}.{field}": bounds
        for direction in ("scaleUp", "scaleDown")
        for field, bounds in {
            "stabilizationWindowSeconds": Bounds(
                0, 3_600, lambda n, d=direction: behaving(d, stabilizationWindowSeconds=n)
            ),
            "tolerance": Bounds(0, 1, lambda n, d=direction: behaving(d, tolerance=n)),
            "policies": Bounds(1, 8, lambda n, d=direction: behaving(d, policies=[POLICY] * n)),
            "policies[0].value": Bounds(1, 1_000_000, lambda n, d=direction: limited(d, value=n)),
            "policies[0].periodSeconds": Bounds(
                1, 1_800, lambda n, d=direction: limited(d, periodSeconds=n)
            ),
        }.items()
    },
    "spec.victims.maxDrainWaitSeconds": Bounds(
        0, 86_400, lambda n: spec(victims={"maxDrainWaitSeconds": n})
    ),
    "spec.fallback.afterSeconds": Bounds(
        0, 86_400, lambda n: spec(fallback={"replicas": 1, "afterSeconds": n})
    ),
    "spec.fallback.replicas": Bounds(
        0, 10_000, lambda n: spec(fallback={"replicas": n}, maxReplicas=10_000)
    ),
    "spec.drainSeconds": Bounds(0, 3_600, lambda n: spec(drainSeconds=n)),
    "spec.stalenessSeconds": Bounds(10, 3_600, lambda n: spec(stalenessSeconds=n)),
    "spec.schedules": Bounds(None, 16, lambda n: spec(schedules=[MORNING] * n)),
    "spec.schedules[0].start": Bounds(9, 128, lambda n: _morning(start=_cron(n))),
    "spec.schedules[0].end": Bounds(9, 128, lambda n: _morning(end=_cron(n))),
    "spec.schedules[0].timezone": Bounds(1, 64, lambda n: _morning(timezone=_text(n))),
    "spec.schedules[0].minReplicas": Bounds(1, 10_000, lambda n: _morning(minReplicas=n)),
    "spec.pausedReplicas": Bounds(0, 10_000, lambda n: spec(paused="All", pausedReplicas=n)),
}

_KEYWORDS = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}


@pytest.mark.parametrize("field", BOUNDS)
def test_the_lowest_and_the_highest_value_are_good(dry_run: DryRun, field: str) -> None:
    bounds = BOUNDS[field]
    dry_run.create(bounds.having(bounds.lowest or 0))
    dry_run.create(bounds.having(bounds.highest))


@pytest.mark.parametrize("field", BOUNDS)
def test_what_lies_beyond_is_refused_and_the_bound_is_named(dry_run: DryRun, field: str) -> None:
    bounds = BOUNDS[field]
    for beyond in bounds.too_low:
        message = _refusal(dry_run, bounds.having(beyond), field)
        assert str(bounds.lowest) in message.partition(": ")[2].split()
    message = _refusal(dry_run, bounds.having(bounds.highest + 1), field)
    assert str(bounds.highest) in message.partition(": ")[2].split()


def test_every_bound_of_the_schema_is_among_those_above(spec_schema: Schema) -> None:
    bounded = {
        field
        for field, node in fields_of(spec_schema)
        if not field.startswith("spec.targets[0]")  # as those of spec.target
        and (_KEYWORDS.intersection(node) or node.get("type") in {"integer", "number"})
    }
    moved = {"spec.behavior.scaleDown.maxDrainWaitSeconds"}  # refused with every value
    assert set(BOUNDS) == bounded - moved


def test_each_of_several_targets_has_the_fields_and_the_rules_of_a_single_one(
    spec_schema: Schema,
) -> None:
    single = spec_schema["properties"]["target"]
    several = spec_schema["properties"]["targets"]["items"]
    assert {**single, "description": ""} == {**several, "description": ""}


def _refusal(dry_run: DryRun, beyond: Spec, field: str) -> str:
    """Return what the API server says of ``field``."""
    with pytest.raises(Refused) as refused:
        dry_run.create(beyond)
    messages = [cause.message for cause in refused.value.causes if cause.field == field]
    assert messages, refused.value
    return messages[0]
