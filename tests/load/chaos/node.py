"""Faults of the node and its control plane."""

import os
import signal
from contextlib import suppress

from devcluster.cluster import KubectlFailed
from devcluster.control_plane import NODE
from tests.e2e.application import Application
from tests.load.chaos.processes import program


def signal_api_server(application: Application, sent: signal.Signals) -> None:
    os.kill(program(application.cluster.kubeconfig.parent, "kube-apiserver"), sent)


def drain(application: Application) -> None:
    """Evict the Pods of the release, as far as disruption budgets allow it within 20 s.

    There is no other node: evicted Pods start again when this one is uncordoned.
    """
    release = f"app.kubernetes.io/instance={application.release}"
    # A budget that holds an eviction back until the end is one that works.
    with suppress(KubectlFailed):
        application.kubectl(
            *("drain", NODE, f"--pod-selector={release}", "--ignore-daemonsets"),
            *("--delete-emptydir-data", "--timeout=20s"),
        )


def uncordon(application: Application) -> None:
    application.kubectl("uncordon", NODE)
