"""A small disk for the job store, which can be filled: a tmpfs over the folder of its volume.

It is mounted in the mount namespace of the node, so that it ends with the node.
"""

from pathlib import Path

from mare.processes.command import run
from tests.e2e.application import Application
from tests.load.chaos.processes import program

_SIZE = "1g"
_FILLER = "filler"


class SmallDisk:
    """Moves the data of the store, which is stopped meanwhile."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._name = f"{application.release}-postgresql"
        self._kubelet = program(application.cluster.kubeconfig.parent, "kubelet")
        self._folder = self._folder_of_volume()

    def _folder_of_volume(self) -> Path:
        claim = self._application.read("api/v1", f"persistentvolumeclaims/data-{self._name}-0")
        path = "jsonpath={.spec.hostPath.path}{.spec.local.path}"
        name = claim["spec"]["volumeName"]
        return Path(self._application.cluster.kubectl("get", "pv", name, f"--output={path}"))

    def mount(self) -> None:
        scale = ("scale", f"statefulset/{self._name}")
        self._application.kubectl(*scale, "--replicas=0")
        self._application.kubectl("wait", "--for=delete", f"pod/{self._name}-0", "--timeout=100s")
        at, old = self._folder, f"{self._folder}.old"
        self._run("cp", "-a", f"{at}/.", old)
        self._run("mount", "-t", "tmpfs", "-o", f"mode=777,size={_SIZE}", "tmpfs", str(at))
        self._run("cp", "-a", f"{old}/.", str(at))
        self._application.kubectl(*scale, "--replicas=1")
        ready = ("rollout", "status", f"statefulset/{self._name}", "--timeout=100s")
        self._application.kubectl(*ready)

    def fill(self) -> None:
        # Ends with an error when the disk is full.
        self._run("sh", "-c", f"cat /dev/zero > {self._folder / _FILLER} 2> /dev/null || true")

    def free(self) -> None:
        self._run("rm", "-f", str(self._folder / _FILLER))

    def _run(self, *command: str) -> None:
        run(["nsenter", f"--target={self._kubelet}", "--mount", "--", *command], seconds=60)
