"""The autoscalers of a scenario as objects of a cluster: QueueAutoscaler and ScaledObject."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mare.domain.spec import QUEUE_WAIT_BEHAVIOR, Behavior, ScalingRules, ScalingSpec
from mare.simulation.scenario import KedaSettings, Scenario, SimulatedAutoscaler, Trigger
from mare.simulation.scenario import default_autoscalers as simulated
from tests.e2e.application import Application
from tests.load.keda_stage import trigger

KINDS = {
    "QueueAutoscaler": "apis/mare.dev/v1alpha1",
    "ScaledObject": "apis/keda.sh/v1alpha1",
    "ScaledJob": "apis/keda.sh/v1alpha1",
}
_READY = {"QueueAutoscaler": "AbleToScale", "ScaledObject": "Ready", "ScaledJob": "Ready"}


def autoscalers(scenario: Scenario) -> tuple[SimulatedAutoscaler, ...]:
    """Return Maré with its defaults and the three of KEDA, whatever the scenario names.

    An HPA on CPU is not among them: these workers use none. KEDA's tuned forms have the scale-down
    window of Maré's default, and otherwise the settings of the simulation. For workers without a
    prefetch limit KEDA default and tuned are also there over HTTP, as that counts what they hold.
    """
    every = simulated(scenario.worker, scenario.min_replicas, scenario.max_replicas)
    known = tuple(
        SimulatedAutoscaler(each.name, _with_our_window(each.settings))
        for each in every
        if isinstance(each.settings, ScalingSpec | KedaSettings)
    )
    return known if scenario.worker.prefetch != 0 else (*known, *_over_http(scenario, known))


def _over_http(
    scenario: Scenario, known: Sequence[SimulatedAutoscaler]
) -> Iterator[SimulatedAutoscaler]:
    """Yield those with the default trigger, with as many messages as a replica does in 2 s."""
    trigger = Trigger(value=2 * scenario.worker.capacity, protocol="http")
    for each in known:
        if isinstance(each.settings, KedaSettings) and each.settings.triggers == (Trigger(),):
            settings = replace(each.settings, triggers=(trigger,))
            yield SimulatedAutoscaler(f"{each.name} http", settings)


def _with_our_window(settings: ScalingSpec | KedaSettings) -> ScalingSpec | KedaSettings:
    if isinstance(settings, ScalingSpec) or settings.behavior is None:
        return settings
    ours = QUEUE_WAIT_BEHAVIOR.scale_down.stabilization_window_seconds
    down = replace(settings.behavior.scale_down, stabilization_window_seconds=ours)
    return replace(settings, behavior=replace(settings.behavior, scale_down=down))


def manifest(autoscaler: SimulatedAutoscaler, workload: str, scenario: Scenario) -> dict[str, Any]:
    """Return the object; its queue has the name of the workload."""
    match autoscaler.settings:
        case ScalingSpec():
            kind, spec = "QueueAutoscaler", _queue_autoscaler(workload, scenario)
        case KedaSettings() as settings:
            kind, spec = "ScaledObject", _scaled_object(settings, workload, scenario)
        case _:
            raise TypeError(autoscaler)
    version = KINDS[kind].removeprefix("apis/")
    target = {"scaleTargetRef": {"name": workload}}
    metadata = {"name": workload}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": target | spec}


def acting(shop: Application, kind: str) -> set[str]:
    """Return the names of the objects whose conditions say that they scale."""
    ready = (_READY[kind], "True")
    objects = shop.read(KINDS[kind], f"{kind.lower()}s")["items"]
    return {
        each["metadata"]["name"]
        for each in objects
        for one in each.get("status", {}).get("conditions", [])
        if (one["type"], one["status"]) == ready
    }


def _queue_autoscaler(queue: str, scenario: Scenario) -> dict[str, Any]:
    return {
        "brokerRef": {"secretName": "rabbitmq-operator"},
        "queues": [{"name": queue}],
        "minReplicas": scenario.min_replicas,
        "maxReplicas": scenario.max_replicas,
    }


def _scaled_object(settings: KedaSettings, queue: str, scenario: Scenario) -> dict[str, Any]:
    hpa: dict[str, Any] = {}
    if settings.behavior:
        hpa = {"horizontalPodAutoscalerConfig": {"behavior": _behavior(settings.behavior)}}
    return {
        "pollingInterval": int(settings.polling_interval),
        "cooldownPeriod": int(settings.cooldown_period),
        "minReplicaCount": scenario.min_replicas,
        "maxReplicaCount": scenario.max_replicas,
        "advanced": hpa,
        "triggers": [_trigger(queue, each) for each in settings.triggers],
    }


def _trigger(queue: str, given: Trigger) -> dict[str, Any]:
    # Over AMQP KEDA reads no rates.
    protocol = "http" if given.mode == "MessageRate" else given.protocol
    return trigger(queue, given.mode, f"{given.value:g}", protocol)


def _behavior(behavior: Behavior) -> dict[str, Any]:
    return {"scaleUp": _rules(behavior.scale_up), "scaleDown": _rules(behavior.scale_down)}


def _rules(rules: ScalingRules) -> dict[str, Any]:
    policies = [
        {"type": str(one.type), "value": one.value, "periodSeconds": one.period_seconds}
        for one in rules.policies
    ]
    return {"stabilizationWindowSeconds": rules.stabilization_window_seconds, "policies": policies}
