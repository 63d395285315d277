"""Who is compared: the contenders of a scenario file, and the usual five."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mare.custom_resource.checking import check
from mare.custom_resource.policies import read_policy, wrong_schedules
from mare.domain.policy import Behavior, Policy, PolicyType, ScalingPolicy, ScalingRules
from mare.simulation.fields import Fields
from mare.simulation.scenario import Contender, HpaSettings, KedaSettings, Trigger, Worker

TUNED = Behavior(
    scale_up=ScalingRules(
        policies=(
            ScalingPolicy(PolicyType.PERCENT, 900, 15),
            ScalingPolicy(PolicyType.PODS, 100, 15),
        )
    ),
    scale_down=ScalingRules(
        stabilization_window_seconds=60, policies=(ScalingPolicy(PolicyType.PERCENT, 100, 15),)
    ),
)
"""As fast as behavior lets an HPA be, without much flapping."""


_NOT_SIMULATED = {
    "scaleTargetRef": {"name": "work"},
    "brokerRef": {"secretName": "rabbitmq"},
    "queues": [{"name": "work"}],
}
"""What a QueueAutoscaler needs besides; a scenario has one workload with one queue."""


def usual_contenders(worker: Worker, minimum: int, maximum: int) -> tuple[Contender, ...]:
    """Maré as it comes, KEDA from its defaults to an expert's, and an HPA that knows no queue.

    The expert has measured what a replica can do and scales on the arrival rate as well.
    """
    rate = Trigger(mode="MessageRate", value=0.8 * worker.capacity)
    tuned = KedaSettings(polling_interval=1.0, cooldown_period=60.0, behavior=TUNED)
    return (
        Contender("Maré", Policy(min_replicas=minimum, max_replicas=maximum)),
        Contender("KEDA default", KedaSettings()),
        Contender("KEDA tuned", tuned),
        Contender("KEDA expert", replace(tuned, triggers=(rate, Trigger()))),
        Contender("HPA alone", HpaSettings()),
    )


def read_contender(fields: Fields, minimum: int, maximum: int) -> Contender:
    """Read a contender: its name, and mare, keda or hpa with settings in its own words."""
    name = fields.text("name")
    if fields.has("mare"):
        bounds = {"minReplicas": minimum, "maxReplicas": maximum}
        settings: Policy | KedaSettings | HpaSettings = _policy(fields, "mare", bounds)
    elif fields.has("keda"):
        settings = _keda(fields.fields("keda"))
    elif fields.has("hpa"):
        settings = _hpa(fields.fields("hpa"))
    else:
        fields.complain("name", "needs one of mare, keda or hpa beside it")
        settings = HpaSettings()
    fields.finish()
    return Contender(name, settings)


def _policy(fields: Fields, name: str, given: Mapping[str, Any]) -> Policy:
    """A field as the spec of a QueueAutoscaler, in which what is `given` need not be written."""
    spec = fields.raw(name)
    if spec is None:
        spec = {}
    return _read(fields, {**given, **spec} if isinstance(spec, Mapping) else spec, name)


def _behavior(fields: Fields) -> Behavior | None:
    """The `behavior` of an HPA; absent is not the same as {}."""
    if not fields.has("behavior"):
        return None
    return _read(fields, {"maxReplicas": 1, "behavior": fields.raw("behavior")}).behavior


def _read(fields: Fields, spec: Any, *path: str) -> Policy:
    """A policy, or after complaints one to go on with."""
    checked = check({**_NOT_SIMULATED, **spec} if isinstance(spec, Mapping) else spec)
    for mistake in checked.mistakes:
        fields.complain(_place(*path, *mistake.path), mistake.sentence)
    if checked.mistakes:
        return Policy(max_replicas=1)
    for each in wrong_schedules(checked.value):
        fields.complain(_place(*path, "schedules", each.index), f"is wrong: {each.problem}")
    return read_policy(checked.value)


def _place(first: str | int, *further: str | int) -> str:
    """A path as people write it: mare.targets[0].type."""
    parts = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in further)
    return f"{first}{''.join(parts)}"


def _keda(fields: Fields) -> KedaSettings:
    triggers = []
    for each in fields.each("triggers"):
        mode = each.choice("mode", ("QueueLength", "MessageRate"), "QueueLength")
        protocol = each.choice("protocol", ("amqp", "http"), "amqp")
        triggers.append(
            Trigger(
                mode="MessageRate" if mode == "MessageRate" else "QueueLength",
                value=each.number("value", 20),
                activation_value=each.amount("activationValue", 0),
                protocol="http" if protocol == "http" else "amqp",
            )
        )
        each.finish()
    settings = KedaSettings(
        polling_interval=fields.number("pollingInterval", 30),
        cooldown_period=fields.amount("cooldownPeriod", 300),
        triggers=tuple(triggers) or (Trigger(),),
        behavior=_behavior(fields),
    )
    fields.finish()
    return settings


def _hpa(fields: Fields) -> HpaSettings:
    settings = HpaSettings(cpu_percent=fields.number("cpuPercent", 80), behavior=_behavior(fields))
    fields.finish()
    return settings
