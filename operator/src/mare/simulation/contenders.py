"""Who is compared: the contenders of a scenario file, and the usual five."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mare.custom_resource.policies import read_policy
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
        spec = fields.raw("mare") or {}
        settings = _policy(fields, {"minReplicas": minimum, "maxReplicas": maximum, **spec})
    elif fields.has("keda"):
        settings = _keda(fields.fields("keda"))
    elif fields.has("hpa"):
        settings = _hpa(fields.fields("hpa"))
    else:
        fields.complain("name", "needs one of mare, keda or hpa beside it")
        settings = HpaSettings()
    fields.finish()
    return Contender(name, settings)


def _policy(fields: Fields, spec: Mapping[str, Any]) -> Policy | KedaSettings | HpaSettings:
    try:
        return read_policy(spec)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        fields.complain("mare", f"is not the spec of a QueueAutoscaler: {error!r}")
        return HpaSettings()


def _behavior(fields: Fields) -> Behavior | None:
    """The `behavior` of an HPA; absent is not the same as {}."""
    if not fields.has("behavior"):
        return None
    behavior = fields.raw("behavior")
    policy = _policy(fields, {"maxReplicas": 1, "behavior": behavior})
    return policy.behavior if isinstance(policy, Policy) else None


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
