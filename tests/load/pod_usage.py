"""Processor time and memory of Pods, as the kubelet of the node tells them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from devcluster.cluster import Cluster

_METRICS = "/api/v1/nodes/control-plane/proxy/metrics/resource"
_METRIC = re.compile(
    r"^(pod_cpu_usage_seconds_total|pod_memory_working_set_bytes)"
    r'{namespace="([^"]+)",pod="([^"]+)"} (\S+)',
    re.MULTILINE,
)


class PodUsage(NamedTuple):
    cpu_seconds: float = float("nan")
    """Since its start."""
    memory_bytes: float = float("nan")
    """Its working set."""


def usage_of_pods(cluster: Cluster) -> Mapping[tuple[str, str], PodUsage]:
    """Return what each Pod has used, by namespace and name."""
    found: dict[tuple[str, str], PodUsage] = {}
    for metric, namespace, pod, value in _METRIC.findall(cluster.kubectl("get", "--raw", _METRICS)):
        is_cpu = metric.startswith("pod_cpu")
        new = {"cpu_seconds" if is_cpu else "memory_bytes": float(value)}
        found[namespace, pod] = found.get((namespace, pod), PodUsage())._replace(**new)
    return found
