"""Command lines of all programs of the native node."""

import sys

from devcluster import commands
from devcluster.credentials import ADDRESS, NODE
from devcluster.node.layout import Layout


def etcd(layout: Layout) -> list[str]:
    return commands.etcd(layout.folder)


def api_server(layout: Layout) -> list[str]:
    pki = layout.folder / "pki"
    return commands.api_server(
        layout.folder,
        layout.api_port,
        f"--advertise-address={ADDRESS}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        # By default logs and exec resolve the name of the node by DNS.
        "--kubelet-preferred-address-types=InternalIP",
    )


def controllers(layout: Layout) -> list[str]:
    pki = layout.folder / "pki"
    return commands.controllers(layout.folder, layout.uri, f"--root-ca-file={pki}/ca.crt")


def scheduler(layout: Layout) -> list[str]:
    return [
        "kube-scheduler",
        f"--kubeconfig={layout.folder}/scheduler.conf",
        f"--master={layout.uri}",
        "--leader-elect=false",
        "--secure-port=0",
    ]


def containerd(layout: Layout) -> list[str]:
    return ["containerd", f"--config={layout.folder}/containerd.toml"]


def kubelet(layout: Layout) -> list[str]:
    return [
        "kubelet",
        f"--config={layout.folder}/kubelet.yaml",
        f"--kubeconfig={layout.folder}/kubelet.conf",
        f"--hostname-override={NODE}",
        f"--node-ip={ADDRESS}",
    ]


def kube_proxy(layout: Layout) -> list[str]:
    return ["kube-proxy", f"--config={layout.folder}/kube-proxy.yaml"]


def registry(layout: Layout) -> list[str]:
    return ["registry", "serve", f"{layout.folder}/registry.yaml"]


def forwarding(layout: Layout) -> list[str]:
    pairs = zip(layout.listeners, layout.ports, strict=True)
    return [
        *(sys.executable, "-m", "devcluster.node.forwarding"),
        *(f"{listener}:{port}" for listener, port in pairs),
    ]
