"""What a cluster shows of a run: counts, what autoscalers say, and what they use."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from kubernetes import watch
from kubernetes.client import ApiClient, ApiException, CustomObjectsApi
from urllib3.exceptions import HTTPError

from devcluster.cluster import Cluster
from local.processor_time import processor_seconds
from tests.load.chaos.processes import program
from tests.load.keda_stage import HTTP_LOGS
from tests.load.pod_usage import PodUsage, usage_of_pods

CONTROLLERS: Mapping[str, tuple[str, ...]] = {
    "QueueAutoscaler": ("operator-",),
    "ScaledObject": ("keda-operator-", "keda-metrics-apiserver-"),
}
"""How the names of the Pods begin that serve objects of a kind."""
_MANAGER, _API_SERVER = "kube-controller-manager", "kube-apiserver"
_BROKER_POD = "rabbitmq-0"
_BROKER_METRICS = "/api/v1/namespaces/{}/pods/{}:15692/proxy/metrics"
_BROKER_METRIC = re.compile(
    r"^rabbitmq_(connections|connections_opened_total|connection_incoming_packets_total) (\S+)$",
    re.MULTILINE,
)


_WATCH_SECONDS = 5
"""After which the API server ends a watch, so that it can be ended here."""
_PAUSE_SECONDS = 0.5


class Watched:
    """Objects of a namespace as they change, each with the time at which the change was seen."""

    def __init__(self, api: ApiClient, namespace: str, *, group: str, plural: str) -> None:
        self.seen: list[tuple[float, dict[str, Any]]] = []
        self._versions: dict[str, str] = {}
        self._list: Callable[..., Any] = CustomObjectsApi(api).list_namespaced_custom_object
        self._of = (group, "v1", namespace, plural)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def goes_on(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        version = ""
        while not self._ended.is_set():
            try:
                version = version or self._listed()
                options = {"resource_version": version, "timeout_seconds": _WATCH_SECONDS}
                for event in watch.Watch().stream(self._list, *self._of, **options):
                    version = self._record(event["object"])
            except (HTTPError, ApiException):  # as an expired version
                version = ""
                self._ended.wait(_PAUSE_SECONDS)

    def _listed(self) -> str:
        """Record what has changed since the last watch; return the version of the list."""
        found = self._list(*self._of)
        for each in found["items"]:
            self._record(each)
        version: str = found["metadata"]["resourceVersion"]
        return version

    def _record(self, found: dict[str, Any]) -> str:
        uid, version = found["metadata"]["uid"], str(found["metadata"]["resourceVersion"])
        if self._versions.get(uid) != version:
            self._versions[uid] = version
            self.seen.append((time.time(), found))
        return version


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What controllers have used: processor time since their start, and memory now."""

    pods: Mapping[tuple[str, str], PodUsage]
    manager_cpu_seconds: float
    """Of kube-controller-manager, which runs HPAs; 0 where it is no process of this machine."""
    at: float = field(default_factory=time.monotonic)

    @property
    def memory_mib(self) -> float:
        return sum(each.memory_bytes for each in self.pods.values()) / 2**20

    def cores_since(self, before: "Usage") -> float:
        """Return the processor time of the Pods per second, by the kubelet's clock if it is known.

        The samples of two reads are up to 15 s more or less apart than the reads.
        """
        cores = 0.0
        for pod, now in self.pods.items():
            then = before.pods.get(pod, PodUsage(cpu_seconds=0.0))
            seconds = now.at - then.at
            cores += (now.cpu_seconds - then.cpu_seconds) / (
                seconds if seconds > 0 else self.at - before.at
            )
        return cores

    def manager_cores_since(self, before: "Usage") -> float:
        return (self.manager_cpu_seconds - before.manager_cpu_seconds) / (self.at - before.at)


def usage(cluster: Cluster, kind: str) -> Usage:
    """Return what the Pods that serve the objects of a kind have used."""
    pods = usage_of_pods(cluster).items()
    return Usage(
        pods={of: each for of, each in pods if of[1].startswith(CONTROLLERS[kind])},
        manager_cpu_seconds=_cpu_seconds(cluster, _MANAGER),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUse:
    """What broker and API server have done since their start."""

    connections: float
    """Those that are open now."""
    opened: float
    """Connections."""
    packets: float
    """Received on the open connections. A passive declare, by which AMQP asks for the messages of
    a queue, is one, and RabbitMQ counts it in no other metric (100 of 100 on 4.0.5)."""
    http_requests: float
    """To the management API of the broker."""
    broker: PodUsage
    api_cpu_seconds: float
    at: float = field(default_factory=time.monotonic)

    def a_second_since(self, before: "ServerUse") -> dict[str, float]:
        """Return figures of a second, and the connections."""
        seconds, broker_seconds = self.at - before.at, self.broker.at - before.broker.at
        broker_cpu = self.broker.cpu_seconds - before.broker.cpu_seconds
        return {
            "connections": self.connections,
            "opened_a_second": (self.opened - before.opened) / seconds,
            "packets_a_second": (self.packets - before.packets) / seconds,
            "http_a_second": (self.http_requests - before.http_requests) / seconds,
            "broker_millicores": 1000 * broker_cpu / broker_seconds,
            "api_server_millicores": 1000
            * (self.api_cpu_seconds - before.api_cpu_seconds)
            / seconds,
        }


def server_use(cluster: Cluster, namespace: str) -> ServerUse:
    text = cluster.kubectl("get", "--raw", _BROKER_METRICS.format(namespace, _BROKER_POD))
    lines = f"cat {HTTP_LOGS}/* | wc -l"
    requests = cluster.kubectl("-n", namespace, "exec", _BROKER_POD, "--", "sh", "-c", lines)
    metrics = {name: float(value) for name, value in _BROKER_METRIC.findall(text)}
    return ServerUse(
        connections=metrics["connections"],
        opened=metrics["connections_opened_total"],
        packets=metrics["connection_incoming_packets_total"],
        http_requests=float(requests),
        broker=usage_of_pods(cluster)[namespace, _BROKER_POD],
        api_cpu_seconds=_cpu_seconds(cluster, _API_SERVER),
    )


def _cpu_seconds(cluster: Cluster, name: str) -> float:
    with suppress(LookupError, OSError):
        return processor_seconds(program(cluster.kubeconfig.parent, name))
    return 0.0
