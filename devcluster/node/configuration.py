"""Configuration files of the native node, for restricted machines.

CAP_SYS_RESOURCE may be missing, cgroups may be version 1, and the disk may be nearly full.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from devcluster.credentials import NODE
from devcluster.node.layout import SANDBOX_IMAGE, Layout

CONTAINERD = "/run/containerd/containerd.sock"
DNS = "10.96.0.10"
PODS = "10.244.0.0/16"
"""Addresses of all Pods."""


def write_configuration(layout: Layout) -> None:
    folder = layout.folder
    (folder / "containerd.toml").write_text(_containerd(folder))
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet(layout)))
    (folder / "kube-proxy.yaml").write_text(yaml.safe_dump(_kube_proxy(layout)))
    (folder / "registry.yaml").write_text(yaml.safe_dump(_registry(layout)))
    (folder / "resolv.conf").write_text("")  # the node has no network outside
    (folder / "cni").mkdir()
    (folder / "cni" / "10-bridge.conflist").write_text(json.dumps(_network()))


def _containerd(folder: Path) -> str:
    return f"""\
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "{CONTAINERD}"

[plugins."io.containerd.internal.v1.opt"]
path = "/var/lib/containerd/opt"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{SANDBOX_IMAGE}"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{folder}/cni"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "runc"
SystemdCgroup = false
"""


def _kubelet(layout: Layout) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{layout.folder}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "featureGates": {"KubeletInUserNamespace": True},
        "oomScoreAdj": 0,
        "volumePluginDir": "/var/lib/kubelet/plugins",
        "clusterDNS": [DNS],
        "clusterDomain": "cluster.local",
        "resolvConf": f"{layout.folder}/resolv.conf",
        "maxPods": 200,
        "serializeImagePulls": False,
        # By default the kubelet verifies a pulled image with the registry again under another name.
        "imagePullCredentialsVerificationPolicy": "NeverVerify",
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
    }


def _kube_proxy(layout: Layout) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": PODS,
        "hostnameOverride": NODE,
        "clientConnection": {"kubeconfig": str(layout.kubeconfig)},
        "conntrack": {"maxPerCore": 0},
        "oomScoreAdj": 0,
    }


def _registry(layout: Layout) -> dict[str, Any]:
    return {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": "/var/lib/registry"}},
        "http": {"addr": f"127.0.0.1:{layout.registry_port}"},
    }


def _network() -> dict[str, Any]:
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": PODS}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]}
