"""A spec written as the fields of a custom resource is the same spec when it is read."""

from dataclasses import replace

import pytest

from mare.custom_resource.checking import check
from mare.custom_resource.spec import read_spec
from mare.custom_resource.spec_fields import spec_fields

REQUIRED = {
    "scaleTargetRef": {"name": "worker"},
    "brokerRef": {"secretName": "broker"},
    "queues": [{"name": "work"}, {"pattern": "rpc-*"}],
}
RULES = {"selectPolicy": "Min", "policies": [{"type": "Pods", "value": 3, "periodSeconds": 60}]}
SPECS = [
    {"maxReplicas": 20},
    {"minReplicas": 2, "maxReplicas": 9, "target": {"waitSeconds": 30, "workersPerReplica": 3}},
    {"maxReplicas": 9, "nameko": {"service": "mail", "maxWorkers": 7}},
    {"maxReplicas": 5, "target": {"type": "QueueLength", "messagesPerReplica": 20}},
    {
        "maxReplicas": 5,
        "targets": [
            {"type": "QueueLength", "messagesPerReplica": 2.5, "queues": ["rpc-*"]},
            {"type": "MessageRate", "messagesPerSecondPerReplica": 0.5},
            {"type": "PublishedToDeliveredRatio", "ratio": 1.2},
            {"type": "ExpectedQueueConsumptionTime", "consumptionSeconds": 60},
            {"type": "MaximumConcurrency", "busyPercent": 70},
        ],
    },
    {"maxReplicas": 5, "behavior": {"scaleUp": RULES, "scaleDown": {"tolerance": "50m"}}},
    {"maxReplicas": 5, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}}},
    {
        "minReplicas": 3,
        "maxReplicas": 50,
        "victims": {"policy": "IdleOnly", "maxDrainWaitSeconds": 10},
        "activation": {"threshold": 5},
        "idle": {"replicas": 0, "cooldownSeconds": 7},
        "fallback": {"replicas": 4, "behavior": "Static"},
        "drainSeconds": 5,
        "stalenessSeconds": 20,
        "schedules": [{"start": "0 8 * * *", "end": "0 18 * * *", "minReplicas": 5}],
        "forecast": {"mode": "DryRun"},
    },
    {"maxReplicas": 5, "activation": {"mode": "Always"}},
    {"maxReplicas": 5, "paused": "All", "pausedReplicas": 2, "dryRun": True},
]


@pytest.mark.parametrize("fields", SPECS)
def test_reading_what_was_written_gives_the_same_spec(fields):
    checked = check({**REQUIRED, **fields})
    assert not checked.mistakes
    spec = replace(read_spec(checked.value), paused=None, paused_replicas=None, dry_run=False)
    again = check({**REQUIRED, **spec_fields(spec)})
    assert not again.mistakes
    assert read_spec(again.value) == spec


def test_defaults_are_left_out():
    spec = read_spec(check({**REQUIRED, "maxReplicas": 20}).value)
    assert spec_fields(spec) == {
        "minReplicas": 0,
        "maxReplicas": 20,
        "target": {"type": "QueueWaitTime", "waitSeconds": 2.0},
    }
