"""Runs Skaffold on the cluster, with the Helm 3 and kubectl that it needs."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from devcluster.cluster import Cluster
from devcluster.programs import programs

Say = Callable[[str], None]


def become_skaffold(cluster: Cluster, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by Skaffold with the profile ``cluster``."""
    program = programs("skaffold", ["skaffold"]) / "skaffold"
    os.execve(program, [str(program), *arguments], {**os.environ, **_environment(cluster)})  # noqa: S606


def _environment(cluster: Cluster) -> Mapping[str, str]:
    folders = [_folder_of_helm(), cluster.kubectl.program.parent, os.environ["PATH"]]
    return {
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": os.pathsep.join(map(str, folders)),
        "SKAFFOLD_PROFILE": "cluster",
        "SKAFFOLD_UPDATE_CHECK": "false",
    }


def _folder_of_helm() -> Path:
    """Return a folder where `helm` is Helm 3: Helm 4 refuses a flag that Skaffold 2.16 uses."""
    program = programs("helm", ["helm3"]) / "helm3"
    folder = program.parents[1] / "helm3"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        link = Path(unfinished, "helm")
        link.symlink_to(program)
        link.replace(folder / "helm")
    return folder
