"""ScaledObjects for property tests: valid ones of every kind, and ones that were tampered with."""

import copy
from typing import Any

from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
QUEUES = st.sampled_from(["orders", "mails", "rpc-billing", "1e3", "on", "Über", "a.b", "a b"])
WORDS = st.text(max_size=12)
REPLICAS = st.integers(0, 12)


def _some(strategy: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=strategy)


def _numbers(low: float, high: float) -> st.SearchStrategy[str]:
    whole = st.integers(max(1, int(low)), int(high)).map(str)
    return whole | st.floats(low, high).map(lambda number: f"{number:.4f}")


BEHAVIOR = _some(
    {
        way: _some(
            {
                "stabilizationWindowSeconds": st.integers(0, 3600),
                "selectPolicy": st.sampled_from(["Max", "Min", "Disabled"]),
                "tolerance": st.sampled_from([0, 1, 0.05, "0.05", "50m", "5e-2", ".1", "1000m"]),
                "policies": st.lists(
                    st.fixed_dictionaries(
                        {
                            "type": st.sampled_from(["Pods", "Percent"]),
                            "value": st.integers(1, 1000),
                            "periodSeconds": st.integers(1, 1800),
                        }
                    ),
                    min_size=1,
                    max_size=8,
                ),
            }
        )
        for way in ("scaleUp", "scaleDown")
    }
)
ANNOTATIONS = _some(
    {
        "autoscaling.keda.sh/paused": st.sampled_from(["true", "false", "please"]),
        "autoscaling.keda.sh/paused-replicas": st.integers(0, 200).map(str),
        "autoscaling.keda.sh/paused-scale-in": st.sampled_from(["true", "false"]),
        "autoscaling.keda.sh/paused-scale-out": st.sampled_from(["true", "false"]),
        "autoscaling.keda.sh/force-activation": st.sampled_from(["true", "false"]),
        "scaledobject.keda.sh/transfer-hpa-ownership": st.just("true"),
        "validations.keda.sh/hpa-ownership": st.just("true"),
        "team": WORDS,
    }
)
LIVE_METADATA = _some(
    {
        "uid": st.just("d9607e19-f88f-11e6-a518-42010a800195"),
        "resourceVersion": st.just("12"),
        "generation": st.integers(1, 9),
        "creationTimestamp": st.sampled_from(["2026-01-01T00:00:00Z", None]),
        "finalizers": st.just(["finalizer.keda.sh"]),
        "managedFields": st.lists(st.just({"manager": "kubectl", "time": None}), max_size=2),
    }
)


@st.composite
def rabbitmq_triggers(draw: st.DrawFn, *, alone: bool) -> dict[str, Any]:
    """A valid trigger. Modes that look at all queues only `alone`."""
    modes = ["", "queueLength", "QueueLength"]
    modes += ["MessageRate", "PublishedToDeliveredRatio", "ExpectedQueueConsumptionTime"] * alone
    mode = draw(st.sampled_from(modes))
    http = draw(st.booleans()) or mode not in modes[:3]
    metadata: dict[str, Any] = {"queueName": draw(QUEUES)}
    trigger: dict[str, Any] = {"type": "rabbitmq", "metadata": metadata}
    if mode == "queueLength":
        metadata["queueLength"] = draw(_numbers(1, 1000))
    elif mode:
        limits = {"PublishedToDeliveredRatio": (0.5, 50)}.get(mode, (0.5, 5000))
        metadata |= {"mode": mode, "value": draw(_numbers(*limits))}
    if mode in ("PublishedToDeliveredRatio", "ExpectedQueueConsumptionTime"):
        trigger["metricType"] = "Value"
    metadata |= draw(
        _some(
            {
                "activationValue": st.sampled_from(["0", "5", "10.5", "-1"]),
                "protocol": st.sampled_from(["http", "auto"] if http else ["amqp", "auto"]),
                "unsafeSsl": st.sampled_from(["true", "false"]),
                "metricName": st.just("old"),
                "pageSize": st.just("50"),
                "operation": st.just("sum"),
                **({"timeout": st.sampled_from(["1000", "5s"])} if http else {}),
                **({"excludeUnacknowledged": st.sampled_from(["true", "false"])} if http else {}),
            }
        )
    )
    metadata["host"] = "http://u:pw@rabbit:15672/shop" if http else "amqp://u:pw@rabbit:5672/shop"
    return trigger | draw(_some({"name": NAMES, "useCachedMetrics": st.booleans()}))


CRON_TRIGGERS = st.fixed_dictionaries(
    {
        "type": st.just("cron"),
        "metadata": st.fixed_dictionaries(
            {
                "timezone": st.sampled_from(["Europe/Lisbon", "America/Recife"]),
                "start": st.just("0 8 * * 1-5"),
                "end": st.just("0 18 * * 1-5"),
                "desiredReplicas": st.integers(1, 200).map(str),
            }
        ),
    }
)


@st.composite
def triggers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One trigger of any mode, or several about queue lengths of one broker; and cron ones."""
    count = draw(st.integers(1, 3))
    found = [draw(rabbitmq_triggers(alone=count == 1)) for _ in range(count)]
    for trigger in found:
        trigger["metadata"]["host"] = found[0]["metadata"]["host"]
        if found[0]["metadata"]["host"].startswith("amqp"):
            trigger["metadata"].pop("excludeUnacknowledged", None)
            trigger["metadata"].pop("timeout", None)
        trigger["metadata"].pop("protocol", None)
    return found + draw(st.lists(CRON_TRIGGERS, max_size=2))


@st.composite
def scaledobjects(draw: st.DrawFn) -> dict[str, Any]:
    """A ScaledObject that KEDA accepts and that can be carried over."""
    least = draw(REPLICAS)
    most = draw(st.none() | st.integers(max(1, least), 300))
    spec: dict[str, Any] = {
        "scaleTargetRef": {"name": draw(NAMES)}
        | draw(_some({"kind": st.sampled_from(["Deployment", "StatefulSet"])})),
        "minReplicaCount": least,
        "triggers": draw(triggers()),
    }
    spec |= {} if most is None else {"maxReplicaCount": most}
    if least > 0 and draw(st.booleans()):
        spec["idleReplicaCount"] = draw(st.integers(0, least - 1))
    spec |= draw(
        _some(
            {
                "pollingInterval": st.integers(1, 300),
                "cooldownPeriod": st.integers(0, 86_400),
                "initialCooldownPeriod": st.integers(0, 600),
                "fallback": st.fixed_dictionaries(
                    {"failureThreshold": st.integers(0, 10), "replicas": st.integers(0, 200)},
                    optional={
                        "behavior": st.sampled_from(
                            [
                                "static",
                                "currentReplicas",
                                "currentReplicasIfHigher",
                                "currentReplicasIfLower",
                            ]
                        )
                    },
                ),
                "advanced": _some(
                    {
                        "restoreToOriginalReplicaCount": st.booleans(),
                        "horizontalPodAutoscalerConfig": _some(
                            {"name": NAMES, "behavior": BEHAVIOR}
                        ),
                    }
                ),
            }
        )
    )
    metadata = {"name": draw(NAMES)} | draw(LIVE_METADATA)
    metadata |= draw(_some({"namespace": NAMES, "annotations": ANNOTATIONS}))
    metadata |= draw(_some({"labels": st.dictionaries(NAMES, WORDS, max_size=2)}))
    scaledobject = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata,
        "spec": spec,
    }
    status = {"conditions": [{"type": "Ready", "status": "True"}], "lastActiveTime": None}
    return scaledobject | draw(_some({"status": st.just(status)}))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(-1, 1) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def tampered(draw: st.DrawFn) -> dict[str, Any]:
    """A ScaledObject with junk somewhere, in the place of something or as a new field."""
    scaledobject = copy.deepcopy(draw(scaledobjects()))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = scaledobject[draw(st.sampled_from(["metadata", "spec"]))]
        while draw(st.booleans()) and isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            inner = place[draw(st.sampled_from(keys))]
            if not isinstance(inner, dict | list) or not inner:
                break
            place = inner
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if isinstance(place, dict):
            keys.append(draw(NAMES))
        place[draw(st.sampled_from(keys))] = draw(JUNK)
    return scaledobject
