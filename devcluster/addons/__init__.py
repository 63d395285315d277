"""DNS, storage, ingress and NetworkPolicies: one manifest each."""

import string
from collections.abc import Iterable
from pathlib import Path

from devcluster.cluster import Kubectl

_FOLDER = Path(__file__).parent
_WORKLOADS = {
    "policies": ("kube-system", "daemonset/kube-network-policies"),
    "dns": ("kube-system", "deployment/coredns"),
    "storage": ("local-path-storage", "deployment/local-path-provisioner"),
    "ingress": ("ingress", "deployment/traefik"),
}


def apply_addons(
    kubectl: Kubectl,
    ingress_port: int,
    names: Iterable[str] = _WORKLOADS,
    traefik: str = "localhost/traefik:built",
) -> None:
    for name in names:
        text = string.Template((_FOLDER / f"{name}.yaml").read_text())
        manifest = text.substitute(ingress_port=ingress_port, traefik=traefik)
        kubectl("apply", "--filename=-", stdin=manifest)
    for name in names:
        namespace, workload = _WORKLOADS[name]
        rollout = ("rollout", "status", f"--namespace={namespace}", workload)
        kubectl(*rollout, "--timeout=120s", seconds=130)
