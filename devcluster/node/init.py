"""The first process of the node: `python -m devcluster.node.init LAYOUT`, in new namespaces.

It starts all programs, then reaps child processes. When it is killed, the kernel ends every
process, mount and network device of the node.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from devcluster.addons import apply_addons
from devcluster.cluster import Kubectl, KubectlFailed
from devcluster.control_plane import make_credentials
from devcluster.node.commands import node_commands
from devcluster.node.isolation import CONTAINERD, isolate, write_configuration
from devcluster.node.layout import Layout
from devcluster.node.policies import enforce_policies
from mare.processes.command import run
from mare.processes.daemon import Daemon

_SECONDS = 120.0
_CLIENTS = ("super-admin", "controller-manager", "scheduler", "kubelet")
_KUBELET_API = Path(__file__).parents[1] / "addons/kubelet-api.yaml"


class Node:
    def __init__(self, layout: Layout, say: Callable[[str], None]) -> None:
        self._layout = layout
        self._say = say
        self._kubectl = Kubectl(layout.programs / "kubectl", layout.kubeconfig)

    def start(self) -> None:
        """Start all programs; return when Pods run, DNS resolves and the ingress answers."""
        with self._step("namespaces: mounts and network"):
            isolate(self._layout)
            write_configuration(self._layout)
        images = ThreadPoolExecutor(1).submit(self._containers)
        with self._step("certificates"):
            make_credentials(
                self._layout.programs / "kubeadm",
                self._layout.folder,
                self._layout.api_port,
                _CLIENTS,
            )
        with self._step("etcd and API server"):
            self._control_plane()
        with self._step("node Ready"):
            ready = ("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=5s")
            self._server("kubelet", self._answers(*ready))
        with self._step("images, remaining time"):
            images.result(_SECONDS)
        with self._step("network policies, DNS, storage and ingress"):
            apply_addons(self._kubectl, self._layout.ingress_port)
            enforce_policies(self._layout.api_port)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._say(f"{time.monotonic() - start:5.1f} s  {name}")

    def _containers(self) -> None:
        self._server("containerd", Path(CONTAINERD).exists)
        for archive in self._layout.archives:
            with self._step(f"image {archive.stem}, in parallel"):
                ctr = (self._layout.programs / "ctr", f"--address={CONTAINERD}")
                command = (*ctr, "--namespace=k8s.io", "images", "import", "--local", archive)
                run(command, seconds=_SECONDS)

    def _control_plane(self) -> None:
        layout = self._layout
        self._server("etcd", (layout.folder / "etcd.sock").exists)
        self._server("api-server", self._answers("get", "--raw=/readyz"))
        self._kubectl("apply", f"--filename={_KUBELET_API}")
        for name in ("controllers", "scheduler", "registry", "proxy", "forwarding"):
            self._server(name, lambda: True)

    def _server(self, name: str, ready: Callable[[], bool]) -> None:
        layout, command = self._layout, node_commands(self._layout)[name]
        Daemon(
            [str(layout.programs / command[0]), *command[1:]],  # an absolute path stays as it is
            log=layout.folder / f"{Path(command[0]).name}.log",
            environment={"PATH": layout.path},
            descriptors=layout.listeners,
        ).start(ready, _SECONDS)

    def _answers(self, *arguments: str) -> Callable[[], bool]:
        def asked() -> bool:
            try:
                return bool(self._kubectl(*arguments))
            except KubectlFailed:
                return False

        return asked


def reap_children() -> None:
    """Reap orphaned processes for ever; print the status of each."""
    while True:
        process, status = os.wait()
        print(f"process {process} ended with {status}", flush=True)


def main() -> None:
    layout = Layout.read(Path(sys.argv[1]))
    with layout.progress.open("a", buffering=1) as progress:
        try:
            Node(layout, lambda line: print(line, file=progress)).start()
        except Exception:  # noqa: BLE001 - shown by the starter
            traceback.print_exc()
            sys.exit(1)
    layout.ready.touch()
    reap_children()


if __name__ == "__main__":
    main()
