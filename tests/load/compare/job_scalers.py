"""QueueAutoscaler and ScaledJob for the same tasks: Jobs that take one message each."""

from dataclasses import dataclass
from typing import Any

from tests.e2e.application import job
from tests.load.compare.autoscalers import KINDS
from tests.load.keda_stage import WORKER_URI, trigger

_KEEP = dict.fromkeys(("successfulJobsHistoryLimit", "failedJobsHistoryLimit"), 1000)
"""No Job is deleted before its Pods are counted."""
STRATEGIES = {
    # Over HTTP the messages include those in work, of which the strategy subtracts the Jobs. The
    # others are for scalers that count ready messages only, as KEDA's does over AMQP.
    "KEDA default": ("default", "http"),
    "KEDA accurate": ("accurate", "amqp"),
    "KEDA eager": ("eager", "amqp"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run. Its fields tell its row in the file from others."""

    autoscaler: str
    over: float
    """Seconds in which the messages are published."""
    messages: int
    task_seconds: float
    at_most: int
    polling: int
    """KEDA's pollingInterval; 0 for Maré."""

    @property
    def least_seconds(self) -> float:
        rounds = -(-self.messages // self.at_most)
        return max(self.over + self.task_seconds, rounds * self.task_seconds)


def manifest(case: Case, name: str, image: str) -> dict[str, Any]:
    """Return a QueueAutoscaler or ScaledJob; its queue has its name."""
    work = ["once.py", "work", name, f"{case.task_seconds:g}"]
    spec = job(image, name, work, AMQP_URI=WORKER_URI)["spec"]
    spec["template"]["metadata"] = {"labels": {"app": name}}
    scaled_job = case.autoscaler in STRATEGIES
    kind = "ScaledJob" if scaled_job else "QueueAutoscaler"
    return {
        "apiVersion": KINDS[kind].removeprefix("apis/"),
        "kind": kind,
        "metadata": {"name": name},
        "spec": (_scaled_job if scaled_job else _queue_autoscaler)(case, name, spec),
    }


def _queue_autoscaler(case: Case, queue: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "brokerRef": {"secretName": "rabbitmq-operator"},
        "queues": [{"name": queue}],
        "maxReplicas": case.at_most,
        "jobTemplate": {"spec": spec},
        "jobs": _KEEP,
    }


def _scaled_job(case: Case, queue: str, spec: dict[str, Any]) -> dict[str, Any]:
    strategy, protocol = STRATEGIES[case.autoscaler]
    return {
        "jobTargetRef": spec,
        "pollingInterval": case.polling,
        "maxReplicaCount": case.at_most,
        "scalingStrategy": {"strategy": strategy},
        "triggers": [trigger(queue, "QueueLength", "1", protocol)],
        **_KEEP,
    }
