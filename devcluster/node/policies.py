"""Enforces NetworkPolicies on the node with kube-network-policies.

The DaemonSet decides on each new connection of a Pod. It would receive packets by nftables, which
some kernels lack; iptables with NFQUEUE works wherever kube-proxy does.
"""

import time
from pathlib import Path

from devcluster.node.isolation import PODS
from mare.processes.command import run

API_PORT = 6443
"""Port of the API server in NetworkPolicies."""
_QUEUE = "100"
_QUEUES = Path("/proc/net/netfilter/nfnetlink_queue")
_SECONDS = 60.0
_HAND_OVER = (
    *("-m", "conntrack", "!", "--ctstate", "ESTABLISHED,RELATED"),
    *("-j", "NFQUEUE", "--queue-num", _QUEUE),
)
_RULES = (
    # Probes of the kubelet always pass.
    ("POSTROUTING", "-m", "owner", "--uid-owner", "0", "-j", "ACCEPT"),
    # A resolver sends the A and AAAA queries from one socket. While the first waits for a verdict,
    # the kernel drops the second, and the resolver waits for 5 s.
    ("POSTROUTING", "--protocol", "udp", "--dport", "53", "-j", "ACCEPT"),
    ("POSTROUTING", "--source", PODS, *_HAND_OVER),
    ("POSTROUTING", "--destination", PODS, *_HAND_OVER),
    # From Pods to the node itself, where the API server is.
    ("INPUT", "--source", PODS, *_HAND_OVER),
)


def enforce_policies(api_port: int) -> None:
    """Send new connections to the program once it listens; from then on none passes without it.

    An API server on another port than API_PORT is exempt, because no policy names that port.
    """
    deadline = time.monotonic() + _SECONDS
    while not _is_heard():
        if time.monotonic() > deadline:
            raise TimeoutError(f"kube-network-policies does not listen after {_SECONDS:.0f} s")
        time.sleep(0.05)
    exempt = ("INPUT", "--protocol", "tcp", "--dport", str(api_port), "-j", "ACCEPT")
    for chain, *rule in _RULES if api_port == API_PORT else (exempt, *_RULES):
        run(["iptables", "--wait", "--table=mangle", "--append", chain, *rule], seconds=30)


def _is_heard() -> bool:
    return any(line.split()[0] == _QUEUE for line in _QUEUES.read_text().splitlines())
