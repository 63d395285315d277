"""Command lines of all programs of the native node."""

import sys
from pathlib import Path

from devcluster import control_plane
from devcluster.control_plane import ADDRESS, NODE
from devcluster.node.layout import Layout


def node_commands(layout: Layout) -> dict[str, list[str]]:
    """Return the command line of each program, by the name of the program."""
    folder, pki = layout.folder, layout.folder / "pki"
    api_server = control_plane.api_server(
        folder,
        layout.api_port,
        f"--advertise-address={ADDRESS}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        # By default logs and exec resolve the name of the node by DNS.
        "--kubelet-preferred-address-types=InternalIP",
        *_aggregation(pki),
    )
    scheduler = ["--leader-elect=false", "--secure-port=0", f"--master={layout.uri}"]
    listeners = zip(layout.listeners, layout.ports, strict=True)
    return {
        "etcd": control_plane.etcd(folder),
        "api-server": api_server,
        "controllers": control_plane.controllers(
            folder, layout.uri, f"--root-ca-file={pki}/ca.crt"
        ),
        "scheduler": ["kube-scheduler", f"--kubeconfig={folder}/scheduler.conf", *scheduler],
        "containerd": ["containerd", f"--config={folder}/containerd.toml"],
        "kubelet": [
            "kubelet",
            f"--config={folder}/kubelet.yaml",
            f"--kubeconfig={folder}/kubelet.conf",
            f"--hostname-override={NODE}",
            f"--node-ip={ADDRESS}",
        ],
        "proxy": ["kube-proxy", f"--config={folder}/kube-proxy.yaml"],
        "registry": ["registry", "serve", f"{folder}/registry.yaml"],
        "forwarding": [
            *(sys.executable, "-m", "devcluster.node.forwarding"),
            *(f"{listener}:{port}" for listener, port in listeners),
        ],
    }


def _aggregation(pki: Path) -> list[str]:
    """Return the flags that API servers behind this one need, for example KEDA's metrics."""
    return [
        f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
        f"--proxy-client-key-file={pki}/front-proxy-client.key",
    ]
