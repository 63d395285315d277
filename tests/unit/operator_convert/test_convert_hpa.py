import pytest

from mare.convert.findings import Outcome
from tests.unit.operator_convert.inputs import (
    converted,
    faults,
    finding,
    refusals,
    scaledobject,
    spec_of,
)


def metric(name="rabbitmq_queue_messages", value="30", kind="AverageValue", **labels):
    selector = {"selector": {"matchLabels": labels or {"queue": "mails"}}}
    target = {"type": kind, ("averageValue" if kind == "AverageValue" else "value"): value}
    external = {"metric": {"name": name} | selector, "target": target}
    return {"type": "External", "external": external}


def hpa(*metrics, labels=None, version="autoscaling/v2", **spec):
    return {
        "apiVersion": version,
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "mailer"} | ({"labels": labels} if labels else {}),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mailer"},
            "maxReplicas": 10,
            "metrics": list(metrics),
        }
        | spec,
    }


@pytest.mark.parametrize(
    ("name", "value", "target"),
    [
        ("rabbitmq_queue_messages", "30", {"messagesPerReplica": 30}),
        ("rabbitmq_detailed_queue_messages", "1500m", {"messagesPerReplica": 1.5}),
        (
            "rabbitmq_queue_messages_ready",
            "1k",
            {"messagesPerReplica": 1000, "excludeUnacknowledged": True},
        ),
    ],
)
def test_a_metric_of_rabbitmq_becomes_a_queue_length(name, value, target):
    spec = spec_of(hpa(metric(name, value)))
    assert spec["target"] == {"type": "QueueLength"} | target
    assert spec["queues"] == [{"name": "mails"}]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 10)


def test_several_values_of_an_expression_are_added_up_in_both():
    given = hpa(metric())
    expressions = [{"key": "queue", "operator": "In", "values": ["a", "b"]}]
    given["spec"]["metrics"][0]["external"]["metric"]["selector"] = {
        "matchExpressions": expressions
    }
    spec = spec_of(given)
    assert spec["queues"] == [{"name": "a"}, {"name": "b"}]
    assert "queues" not in spec["target"]


def test_several_metrics_become_several_targets():
    given = hpa(metric(queue="a"), metric("rabbitmq_queue_messages_ready", queue="b"))
    [result] = converted(given).results
    assert result.manifest is not None
    assert not faults(result.manifest.data())
    spec = result.manifest.data()["spec"]
    assert [target["queues"] for target in spec["targets"]] == [["a"], ["b"]]


def test_bounds_and_behavior_are_kept():
    rules = {"scaleDown": {"stabilizationWindowSeconds": 30}}
    given = hpa(metric(), minReplicas=0, behavior=rules)
    spec = spec_of(given)
    assert spec["minReplicas"] == 0
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 30
    assert set(spec["behavior"]) == {"scaleUp", "scaleDown"}
    [result] = converted(given).results
    assert finding(result, "spec.minReplicas").outcome is Outcome.KEPT


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (hpa(metric("my_queue_depth")), "unknown what it counts"),
        (hpa(metric(kind="Value")), "multiplies the current replicas"),
        (hpa(metric(value="lots")), "has to be a quantity"),
        (hpa(metric(value="0")), "has to be at least 0.001"),
        (hpa(metric(cluster="blue")), "the label queue is missing"),
        (hpa(metric(queue="a", vhost="x"), metric(queue="b", vhost="y")), "several objects"),
        (
            hpa({"type": "Resource", "resource": {"name": "cpu"}}),
            "type Resource: keep the HPA for this one; both can",
        ),
        (hpa({"external": {}}), "type is missing"),
        (hpa(), "there is no External metric"),
        (hpa(metric(), maxReplicas=None), "is missing; add it"),
        (hpa(metric(), minReplicas=20), "minReplicas is larger than maxReplicas"),
        (hpa(metric(), version="autoscaling/v2beta2"), "only autoscaling/v2 is supported"),
        (hpa(metric(), scaleTarget={}), "did you mean scaleTargetRef?"),
    ],
)
def test_an_hpa_that_cannot_be_carried_over_is_refused_with_the_reason(given, why):
    conversion = converted(given)
    assert conversion.exit_code == 1
    assert any(why in refusal for refusal in refusals(conversion.results[0]))


def test_the_hpa_that_keda_made_goes_with_its_scaledobject():
    made = hpa(metric("s0-rabbitmq-orders"), labels={"scaledobject.keda.sh/name": "orders"})
    conversion = converted(scaledobject(), made)
    assert set(conversion.results[1].outcomes) == {Outcome.LEFT_OUT}
    assert conversion.exit_code == converted(scaledobject()).exit_code


def test_two_autoscalers_of_one_workload_do_not_both_come_out():
    one, other = hpa(metric()), hpa(metric())
    other["metadata"]["name"] = "other"
    conversion = converted(one, other)
    assert len(conversion.converted) == 1
    [problem] = conversion.results[1].problems
    assert problem.note.endswith("scales the same workload")
    assert "HorizontalPodAutoscaler mailer (input.yaml:1)" in problem.note


def test_two_objects_of_one_name_do_not_both_come_out():
    given = hpa(metric())
    given["metadata"]["name"] = "orders"
    conversion = converted(scaledobject(), given)
    assert conversion.results[1].problems[0].note.endswith("has the same name")
    assert conversion.exit_code == 1
