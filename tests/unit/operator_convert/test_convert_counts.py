from dataclasses import replace

import pytest

from mare.convert.findings import Outcome
from mare.custom_resource.spec import read_behavior, read_spec
from mare.documents.tree import LAST_APPLIED
from mare.domain.spec import HPA_BEHAVIOR
from tests.unit.operator_convert.inputs import (
    converted,
    finding,
    rabbitmq,
    refusals,
    scaledobject,
    spec_of,
)

FOUR = {"type": "Pods", "value": 4, "periodSeconds": 15}
DOUBLE = {"type": "Percent", "value": 100, "periodSeconds": 15}
HPA_DEFAULTS = {
    "scaleUp": {"policies": [FOUR, DOUBLE]},
    "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [DOUBLE]},
}


def test_keda_defaults_that_are_not_ours_are_written_out():
    spec = spec_of(scaledobject())
    assert (spec["minReplicas"], spec["maxReplicas"]) == (0, 100)
    assert spec["idle"] == {"cooldownSeconds": 300}
    assert spec["behavior"] == HPA_DEFAULTS
    assert spec["dryRun"] is True


@pytest.mark.parametrize(
    ("given", "idle"),
    [
        ({"minReplicaCount": 1}, None),
        (
            {"minReplicaCount": 2, "idleReplicaCount": 0, "cooldownPeriod": 30},
            {"replicas": 0, "cooldownSeconds": 30},
        ),
        (
            {"minReplicaCount": 2, "idleReplicaCount": 1},
            {"replicas": 1, "cooldownSeconds": 300},
        ),
    ],
)
def test_only_a_workload_that_becomes_idle_has_a_cooldown_by_default_that_of_keda(given, idle):
    assert spec_of(scaledobject(**given)).get("idle") == idle


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"minReplicaCount": 5, "maxReplicaCount": 3}, "is larger than maxReplicas"),
        ({"idleReplicaCount": 0}, "has to be lower than minReplicas"),
        ({"minReplicaCount": "1"}, "has to be a whole number, without quotes"),
        ({"maxReplicaCount": 0}, "has to be at least 1"),
        ({"cooldownPeriod": 86_401}, "has to be at most 86400"),
        ({"fallback": {"replicas": 3}}, "fallback.failureThreshold is missing"),
        ({"fallback": {"failureThreshold": 9999, "replicas": 3}}, "has to be at most 86400"),
        (
            {"fallback": {"failureThreshold": 1, "replicas": 3, "behavior": "scalingModifiers"}},
            "has to be one of static",
        ),
        ({"triggers": []}, "there is no rabbitmq trigger"),
        ({"triggers": {}}, "there is no rabbitmq trigger"),
        ({"scaleTargetRef": {}}, "is missing; add it"),
        ({"scaleTargetRef": {"deploymentName": "x"}}, "is not a known field"),
        ({"maxReplicaCounts": 3}, "did you mean maxReplicaCount?"),
    ],
)
def test_counts_that_cannot_be_are_refused_with_the_reason(given, why):
    [result] = converted(scaledobject(**given)).results
    assert any(why in refusal for refusal in refusals(result)), refusals(result)


@pytest.mark.parametrize(
    ("behavior", "fallback"),
    [
        (None, {"afterSeconds": 60, "replicas": 6, "behavior": "Static"}),
        ("static", {"afterSeconds": 60, "replicas": 6, "behavior": "Static"}),
        (
            "currentReplicasIfHigher",
            {"afterSeconds": 60, "replicas": 6, "behavior": "CurrentReplicasIfHigher"},
        ),
        ("currentReplicas", None),
        ("currentReplicasIfLower", None),
    ],
)
def test_a_fallback_comes_after_the_failures_at_the_pace_of_the_hpa(behavior, fallback):
    given = {"failureThreshold": 3, "replicas": 6} | ({"behavior": behavior} if behavior else {})
    assert spec_of(scaledobject(fallback=given)).get("fallback") == fallback


def test_a_fallback_above_the_maximum_is_cut_as_the_hpa_cuts_it():
    given = {"failureThreshold": 3, "replicas": 60}
    assert spec_of(scaledobject(fallback=given, maxReplicaCount=9))["fallback"]["replicas"] == 9


def test_a_fallback_that_shrinks_on_missing_data_is_dropped_with_its_effect():
    given = {"failureThreshold": 3, "replicas": 6, "behavior": "currentReplicasIfLower"}
    [result] = converted(scaledobject(fallback=given)).results
    found = finding(result, "spec.fallback.replicas")
    assert found.outcome is Outcome.DROPPED
    assert (
        found.note == "while the queues cannot be read, Maré keeps the current replicas; "
        "KEDA would lower them to 6"
    )


@pytest.mark.parametrize(
    ("field", "value", "outcome"),
    [
        ("pollingInterval", 5, Outcome.TRANSLATED),
        ("pollingInterval", 4, Outcome.DROPPED),
        ("initialCooldownPeriod", 60, Outcome.DROPPED),
        ("initialCooldownPeriod", 0, Outcome.TRANSLATED),
        ("cooldownPeriod", 60, Outcome.TRANSLATED),
        ("maxReplicaCount", None, Outcome.TRANSLATED),
    ],
)
def test_each_field_has_its_class(field, value, outcome):
    [result] = converted(scaledobject(**{field: value})).results
    assert finding(result, f"spec.{field}").outcome is outcome


@pytest.mark.parametrize("value", [True, False])
def test_restoring_the_count_is_translated_and_changes_the_order_of_migration(value):
    [result] = converted(scaledobject(advanced={"restoreToOriginalReplicaCount": value})).results
    assert result.restores_count is value
    outcome = finding(result, "spec.advanced.restoreToOriginalReplicaCount").outcome
    assert outcome is Outcome.TRANSLATED
    assert result.manifest.data()["spec"].get("onDelete") == ("Restore" if value else None)


def _behavior(rules):
    advanced = {"horizontalPodAutoscalerConfig": {"behavior": rules, "name": "old"}}
    return scaledobject(rabbitmq(), advanced=advanced)


@pytest.mark.parametrize(
    "rules",
    [
        {"scaleDown": {"stabilizationWindowSeconds": 60, "selectPolicy": "Min"}},
        {"scaleUp": {"policies": [FOUR]}},
        {"scaleUp": {"tolerance": 0.05}, "scaleDown": {"tolerance": "50m"}},
        {},
    ],
)
def test_behavior_is_kept_word_for_word_with_the_defaults_of_an_hpa(rules):
    [result] = converted(_behavior(rules)).results
    expected = {way: {**HPA_DEFAULTS[way], **rules.get(way, {})} for way in HPA_DEFAULTS}
    assert spec_of(_behavior(rules))["behavior"] == expected
    below = [found for found in result.findings if "behavior" in found.path]
    assert {found.outcome for found in below} == {Outcome.KEPT if rules else Outcome.TRANSLATED}


@pytest.mark.parametrize("rules", [{}, {"scaleDown": {"selectPolicy": "Min"}}, {"scaleUp": {}}])
def test_a_converted_behavior_means_what_it_means_in_the_hpa(rules):
    """What an HPA does by default is not what Maré does by default."""
    means = read_spec(spec_of(_behavior(rules))).behavior
    assert means == replace(read_behavior(rules, HPA_BEHAVIOR), window_follows_load=False)


def test_a_tolerance_in_another_notation_becomes_a_number():
    spec = spec_of(_behavior({"scaleUp": {"tolerance": "5e-2"}}))
    assert spec["behavior"]["scaleUp"]["tolerance"] == 0.05


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"scaleUp": {"policies": []}}, "has to have at least 1 entries"),
        ({"scaleUp": {"policies": [FOUR] * 9}}, "policies has to have at most 8 entries"),
        ({"scaleUp": {"tolerance": "2"}}, "has to be a number, or a quantity"),
        ({"scaleUp": {"tolerance": "much"}}, "has to be a quantity"),
        ({"scaleUp": {"policies": [{"type": "Pods", "value": 4}]}}, "periodSeconds is missing"),
        ({"scaleUp": {"stabilizationWindowSeconds": 4000}}, "has to be at most 3600"),
        ({"scaleup": {"selectPolicy": "Max"}}, "did you mean scaleUp?"),
    ],
)
def test_a_behavior_that_the_hpa_refuses_is_refused(rules, why):
    [result] = converted(_behavior(rules)).results
    assert any(why in refusal for refusal in refusals(result)), refusals(result)


PREFIX = "autoscaling.keda.sh"


@pytest.mark.parametrize(
    ("annotations", "written"),
    [
        ({"paused": "true"}, {"paused": "All"}),
        ({"paused": "please"}, {"paused": "All"}),
        ({"paused": "false"}, {}),
        ({"paused-replicas": "3"}, {"paused": "All", "pausedReplicas": 3}),
        ({"paused-replicas": "0", "paused": "false"}, {"paused": "All", "pausedReplicas": 0}),
        ({"paused-scale-in": "true"}, {"paused": "ScaleIn"}),
        ({"paused-scale-out": "true"}, {"paused": "ScaleOut"}),
        ({"paused-scale-in": "true", "paused-scale-out": "true"}, {"paused": "All"}),
        ({"paused-scale-in": "true", "paused": "true"}, {"paused": "All"}),
        ({"force-activation": "true"}, {"activation": {"mode": "Always"}}),
        ({"force-activation": "false"}, {}),
    ],
)
def test_annotations_that_pause_or_force_become_fields(annotations, written):
    prefixed = {f"{PREFIX}/{name}": value for name, value in annotations.items()}
    spec = spec_of(scaledobject(annotations=prefixed))
    assert {k: spec[k] for k in ("paused", "pausedReplicas", "activation") if k in spec} == written


@pytest.mark.parametrize(
    ("annotations", "why"),
    [
        ({f"{PREFIX}/paused-replicas": "many"}, "has to be a number of replicas"),
        ({f"{PREFIX}/paused-scale": "true"}, "is not an annotation that mare convert knows"),
    ],
)
def test_an_annotation_that_keda_would_not_understand_is_refused(annotations, why):
    [result] = converted(scaledobject(annotations=annotations)).results
    assert any(why in refusal for refusal in refusals(result))


def test_the_empty_scaling_modifiers_that_keda_adds_refuse_nothing():
    [result] = converted(scaledobject(advanced={"scalingModifiers": {}})).results
    assert not result.refused
    note = finding(result, "spec.advanced.scalingModifiers").note
    assert note == "empty is the same as absent"


@pytest.mark.parametrize(
    ("part", "value", "effect"),
    [
        ("finalizers", ["a", "b"], "protect the old object"),
        ("uid", "1", "the API server writes it"),
        ("labels", {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "x"}, "Helm sets it"),
        ("annotations", {"meta.helm.sh/release-name": "x"}, "Helm sets it"),
        ("labels", {"argocd.argoproj.io/instance": "x"}, "Argo CD would prune the new object"),
        ("annotations", {"argocd.argoproj.io/tracking-id": "x"}, "Argo CD would prune"),
        ("labels", {"kustomize.toolkit.fluxcd.io/name": "x"}, "Flux sets it"),
        ("annotations", {LAST_APPLIED: '{"host": "amqp://u:pw@h/"}'}, "kubectl writes it again"),
        ("labels", {"scaledobject.keda.sh/name": "x"}, "KEDA sets itself"),
    ],
)
def test_what_the_cluster_and_its_tools_wrote_is_left_out(part, value, effect):
    given = scaledobject()
    given["metadata"][part] = value
    [result] = converted(given).results
    below = [found for found in result.findings if part in found.path]
    assert {found.outcome for found in below} == {Outcome.LEFT_OUT}
    assert all(effect in found.note for found in below)
    assert part not in result.manifest.data()["metadata"]


def test_an_owner_reference_is_dropped_with_its_effect():
    given = scaledobject()
    given["metadata"]["ownerReferences"] = [{"kind": "App", "name": "x"}]
    [result] = converted(given).results
    found = finding(result, "metadata.ownerReferences[0].kind")
    assert found.outcome is Outcome.DROPPED
    assert "not deleted together with the owner" in found.note


def test_a_label_that_is_no_string_is_refused_as_kubernetes_does():
    given = scaledobject()
    given["metadata"]["labels"] = {"version": 1.2}
    assert refusals(converted(given).results[0]) == ["has to be text; put it in quotes"]
