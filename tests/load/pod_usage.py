"""Processor time and memory of Pods, as the kubelet of the node tells them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from devcluster.cluster import Cluster

_METRICS = "/api/v1/nodes/control-plane/proxy/metrics/resource"
_METRIC = re.compile(
    r"^(pod_cpu_usage_seconds_total|pod_memory_working_set_bytes)"
    r'{namespace="([^"]+)",pod="([^"]+)"} (\S+)(?: (\d+))?$',
    re.MULTILINE,
)


class PodUsage(NamedTuple):
    cpu_seconds: float = float("nan")
    """Since its start."""
    memory_bytes: float = float("nan")
    """Its working set."""
    at: float = float("nan")
    """When the kubelet has read the processor time, in seconds: up to 15 s before it is asked."""


def usage_of_pods(cluster: Cluster) -> Mapping[tuple[str, str], PodUsage]:
    """Return what each Pod has used, by namespace and name."""
    found: dict[tuple[str, str], PodUsage] = {}
    text = cluster.kubectl("get", "--raw", _METRICS)
    for metric, namespace, pod, value, milliseconds in _METRIC.findall(text):
        if metric.startswith("pod_cpu"):
            new = {"cpu_seconds": float(value), "at": float(milliseconds or "nan") / 1000}
        else:
            new = {"memory_bytes": float(value)}
        found[namespace, pod] = found.get((namespace, pod), PodUsage())._replace(**new)
    return found
