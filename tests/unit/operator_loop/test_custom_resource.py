"""From the spec to a ScalingSpec, and from what was learnt to a status and back."""

from dataclasses import replace

import pytest

from mare.custom_resource.autoscaler import read_autoscaler, used_fields
from mare.custom_resource.checking import check
from mare.custom_resource.spec import read_quantity, read_spec
from mare.custom_resource.status import read_estimates, read_surges, without_absent
from mare.custom_resource.status_values import instant, later_instant, seconds_of, surge, wait
from mare.domain.spec import (
    MESSAGE_COUNT_BEHAVIOR,
    QUEUE_WAIT_BEHAVIOR,
    ExpectedQueueConsumptionTime,
    FallbackBehavior,
    MaximumConcurrency,
    MessageRate,
    Pause,
    PolicyType,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingPolicy,
    VictimPolicy,
)
from mare.domain.surges import Surge
from tests.unit.operator_loop.worlds import body

SMALLEST = {"maxReplicas": 10}


def test_the_smallest_spec_means_the_defaults_of_the_domain():
    spec = read_spec(SMALLEST)

    assert spec.targets == (QueueWaitTime(),)
    assert spec.behavior == QUEUE_WAIT_BEHAVIOR
    assert spec.victim_policy is VictimPolicy.IDLE_FIRST
    assert (spec.min_replicas, spec.max_replicas) == (0, 10)


def test_the_default_window_is_long_for_targets_that_count_messages():
    target = {"type": "QueueLength", "messagesPerReplica": 20}
    assert read_spec({**SMALLEST, "target": target}).behavior == MESSAGE_COUNT_BEHAVIOR
    both = {**SMALLEST, "targets": [{"type": "QueueWaitTime"}, target]}
    assert read_spec(both).behavior == MESSAGE_COUNT_BEHAVIOR


LENGTH = {"type": "QueueLength", "messagesPerReplica": 20}
ONE_POD = {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}


@pytest.mark.parametrize("target", [{}, LENGTH])
@pytest.mark.parametrize("behavior", [{}, {"scaleUp": {}}, {"scaleDown": {}}])
def test_a_behavior_that_gives_nothing_changes_nothing(behavior, target):
    spec = {**SMALLEST, "target": target}
    assert read_spec({**spec, "behavior": behavior}).behavior == read_spec(spec).behavior


@pytest.mark.parametrize("behavior", [{"scaleUp": ONE_POD}, {"scaleDown": ONE_POD}])
def test_policies_leave_windows_and_the_other_direction_as_they_are(behavior):
    policies = (ScalingPolicy(PolicyType.PODS, 1, 60),)
    given = read_spec({**SMALLEST, "behavior": behavior}).behavior

    up, down = QUEUE_WAIT_BEHAVIOR.scale_up, QUEUE_WAIT_BEHAVIOR.scale_down
    assert given.scale_up == replace(up, policies=policies if "scaleUp" in behavior else ())
    assert given.scale_down == replace(down, policies=policies if "scaleDown" in behavior else ())
    assert given.window_follows_load


def test_a_window_that_is_given_lasts_to_its_end():
    given = read_spec({**SMALLEST, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}}})
    assert given.behavior == replace(QUEUE_WAIT_BEHAVIOR, window_follows_load=False)


def test_the_choice_of_victims_changes_no_window_and_no_policy():
    spec = read_spec({**SMALLEST, "victims": {"policy": "IdleOnly", "maxDrainWaitSeconds": 9}})
    assert (spec.victim_policy, spec.max_drain_wait_seconds) == (VictimPolicy.IDLE_ONLY, 9)
    assert spec.behavior == QUEUE_WAIT_BEHAVIOR


@pytest.mark.parametrize("old", [{"victimPolicy": "IdleOnly"}, {"maxDrainWaitSeconds": 9}])
def test_an_old_object_is_refused_with_the_new_place(old):
    spec = {**SMALLEST, "behavior": {"scaleDown": old}}
    with pytest.raises(ValueError, match=r"victimPolicy is policy of spec\.victims"):
        read_spec(spec)
    checked = check({**body()["spec"], **spec})
    assert [each.path for each in checked.mistakes] == [("behavior", "scaleDown")]
    assert "of spec.victims" in checked.mistakes[0].sentence


@pytest.mark.parametrize(
    ("target", "means"),
    [
        ({"type": "QueueWaitTime", "waitSeconds": 3}, QueueWaitTime(wait_seconds=3)),
        (
            {"type": "QueueLength", "messagesPerReplica": 5, "queues": ["a"]},
            QueueLength(messages_per_replica=5, queues=("a",)),
        ),
        (
            {"type": "MessageRate", "messagesPerSecondPerReplica": 7},
            MessageRate(messages_per_second_per_replica=7),
        ),
        ({"type": "PublishedToDeliveredRatio", "ratio": 2}, PublishedToDeliveredRatio(ratio=2)),
        (
            {"type": "ExpectedQueueConsumptionTime", "consumptionSeconds": 4},
            ExpectedQueueConsumptionTime(consumption_seconds=4),
        ),
        (
            {"type": "MaximumConcurrency", "workersPerReplica": 2, "busyPercent": 80},
            MaximumConcurrency(workers_per_replica=2, busy_percent=80),
        ),
    ],
)
def test_every_type_of_target_is_read(target, means):
    assert read_spec({**SMALLEST, "target": target}).targets == (means,)
    assert read_spec({**SMALLEST, "targets": [target, target]}).targets == (means, means)


def test_the_workers_of_a_nameko_service_count_where_the_target_names_none():
    spec = {**SMALLEST, "nameko": {"service": "shop", "maxWorkers": 4}}
    assert read_spec(spec).workers_per_replica == 4
    assert read_spec({**spec, "target": {"workersPerReplica": 2}}).workers_per_replica == 2


def test_pause_idle_fallback_and_schedules_are_read():
    spec = read_spec(
        {
            **SMALLEST,
            "minReplicas": 2,
            "paused": "All",
            "pausedReplicas": 4,
            "dryRun": True,
            "activation": {"threshold": 3, "mode": "Always"},
            "idle": {"replicas": 1, "cooldownSeconds": 7},
            "fallback": {"replicas": 6, "afterSeconds": 5, "behavior": "Static"},
            "schedules": [{"start": "0 8 * * *", "end": "0 9 * * *", "minReplicas": 3}],
        }
    )

    assert (spec.paused, spec.paused_replicas, spec.dry_run) == (Pause.ALL, 4, True)
    assert (spec.activation_threshold, spec.always_active) == (3, True)
    assert (spec.idle_replicas, spec.cooldown_seconds) == (1, 7)
    assert spec.fallback is not None
    assert spec.fallback.behavior is FallbackBehavior.STATIC
    assert spec.schedules[0].timezone == "UTC"


@pytest.mark.parametrize(
    ("written", "value"), [("50m", 0.05), (0.1, 0.1), (0, 0.0), (".05", 0.05), ("1000m", 1.0)]
)
def test_a_tolerance_may_be_a_number_or_a_quantity(written, value):
    assert read_quantity(written) == value


def test_an_object_is_read_with_its_target_broker_and_queues():
    spec = {"queues": [{"name": "a"}, {"pattern": "b-*", "vhost": "v"}]}
    autoscaler = read_autoscaler(used_fields(body("worker", generation=3, **spec)))

    assert autoscaler.generation == 3
    assert autoscaler.created == "2026-01-01T00:00:00Z"
    assert str(autoscaler.target) == "Deployment worker"
    assert [(e.text, e.is_pattern, e.vhost) for e in autoscaler.entries] == [
        ("a", False, None),
        ("b-*", True, "v"),
    ]


def test_estimates_come_back_from_a_status():
    kept = {"arrivalRate": 4, "capacityPerReplica": 8, "workersPerReplica": 2, "startSeconds": 3}
    estimates = read_estimates({"estimates": kept})

    assert (estimates.arrival_rate, estimates.capacity_per_replica) == (4, 8)
    assert estimates.service_seconds == 0.25
    assert read_estimates({}).start_seconds is None


def test_surges_come_back_from_a_status():
    kept = (Surge(1_764_424_800.0, 24.5, 0.0), Surge(1_764_426_600.0, 1_250_000.0, 0.125))
    texts = [surge(each) for each in kept]

    assert texts[0] == "2025-11-29T14:00:00Z 24.5 0"
    assert read_surges({"forecast": {"surges": texts}}) == kept
    assert read_surges({}) == ()


def test_times_are_written_as_kubernetes_reads_them():
    assert instant(0) == "1970-01-01T00:00:00Z"
    assert seconds_of(instant(1_000_000)) == 1_000_000
    for seconds, written in ((9.1, 10), (10.0, 10), (10.0 + 1e-7, 10), (10.1, 11)):
        assert later_instant(seconds) == instant(written)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "unknown"), (0.0, "0.0s"), (1.44, "1.4s"), (300.2, "300s")]
)
def test_a_wait_is_a_short_text(seconds, text):
    assert wait(seconds) == text


def test_absent_fields_of_a_patch_are_absent_in_what_is_stored():
    assert without_absent({"a": None, "b": {"c": None, "d": 0}}) == {"b": {"d": 0}}
