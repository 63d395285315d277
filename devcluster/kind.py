"""A kind cluster in Docker, with a registry in a second container.

Its images come from Docker Hub, so it needs a network.
"""

from pathlib import Path

from devcluster.addons import apply_addons
from devcluster.cluster import Cluster
from devcluster.programs import cache, programs
from devcluster.toolset import Toolset
from mare.processes.command import run

_NAME = "mare"
_NODE = f"{_NAME}-control-plane"
_REGISTRY = f"{_NAME}-registry"
_REGISTRY_IMAGE = "registry:3"
_REGISTRY_PORT = 5001
_INGRESS_PORT = 8080
_SECONDS = 600.0
_CONFIG = Path(__file__).with_name("kind.yaml")
_MIRROR = f"/etc/containerd/certs.d/localhost:{_REGISTRY_PORT}"


def find_kind() -> Cluster | None:
    return _cluster() if _NAME in _kind("get", "clusters").split() else None


def start_kind() -> Cluster:
    _kubeconfig().parent.mkdir(parents=True, exist_ok=True)
    _kind("create", "cluster", f"--config={_CONFIG}", "--wait=120s")
    published = f"--publish=127.0.0.1:{_REGISTRY_PORT}:5000"
    _docker("run", "--detach", f"--name={_REGISTRY}", "--network=kind", published, _REGISTRY_IMAGE)
    _docker("exec", _NODE, "mkdir", "-p", _MIRROR)
    _docker(
        *("exec", "--interactive", _NODE, "tee", f"{_MIRROR}/hosts.toml"),
        stdin=f'[host."http://{_REGISTRY}:5000"]\n',
    )
    cluster = _cluster()
    traefik = ".".join(Toolset.read("cluster").version("github.com/traefik/traefik/v3") or ())
    apply_addons(cluster.kubectl, _INGRESS_PORT, ["ingress"], f"docker.io/traefik:v{traefik}")
    return cluster


def stop_kind() -> None:
    _kind("delete", "cluster")
    _docker("rm", "--force", "--volumes", _REGISTRY)


def _cluster() -> Cluster:
    return Cluster(
        kubeconfig=_kubeconfig(),
        registry=f"localhost:{_REGISTRY_PORT}",
        ingress=f"http://127.0.0.1:{_INGRESS_PORT}",
        load_image=lambda archive: _kind("load", "image-archive", str(archive)),
    )


def _kubeconfig() -> Path:
    return cache() / "kind.conf"


def _kind(*arguments: str) -> str:
    program = programs(["kind"]) / "kind"
    named = () if arguments[0] == "get" else (f"--name={_NAME}",)
    with_config = (f"--kubeconfig={_kubeconfig()}",) if "cluster" in arguments else ()
    return run([str(program), *arguments, *named, *with_config], seconds=_SECONDS)


def _docker(*arguments: str, stdin: str = "") -> str:
    return run(["docker", *arguments], stdin=stdin, seconds=_SECONDS)
