"""Command line of the throw-away cluster; the Makefile calls it."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from devcluster import CannotRun, say
from devcluster.choosing import end_cluster, find_cluster, keep_cluster
from devcluster.cluster import Cluster
from devcluster.programs import programs
from mare.processes.command import CommandFailed


def become_skaffold(cluster: Cluster, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by Skaffold with the profile ``cluster``."""
    program = programs(["skaffold"], "skaffold") / "skaffold"
    folders = [_folder_of_helm(), cluster.kubectl.program.parent, os.environ["PATH"]]
    environment = {
        **os.environ,
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": os.pathsep.join(map(str, folders)),
        "SKAFFOLD_PROFILE": "cluster",
        "SKAFFOLD_UPDATE_CHECK": "false",
    }
    os.execve(program, [str(program), *arguments], environment)  # noqa: S606


def _folder_of_helm() -> Path:
    """Return a folder where `helm` is Helm 3: Helm 4 refuses a flag that Skaffold 2.16 uses."""
    program = programs(["helm3"]) / "helm3"
    folder = program.parents[1] / "helm3"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        link = Path(unfinished, "helm")
        link.symlink_to(program)
        link.replace(folder / "helm")
    return folder


def up() -> None:
    start = time.monotonic()
    cluster = keep_cluster()
    ours = "It runs until `make cluster-down`." if not os.environ.get("MARE_KUBECONTEXT") else ""
    say(f"{time.monotonic() - start:5.1f} s  in all. {ours}")
    say(f"  export KUBECONFIG={cluster.kubeconfig}")
    say(f"  ingress   {cluster.ingress}")
    say(f"  registry  {cluster.registry}")


def running() -> Cluster:
    return find_cluster() or sys.exit("There is no cluster; `make cluster` starts one.")


def kubectl(arguments: list[str]) -> None:
    cluster = running()
    program = str(cluster.kubectl.program)
    os.execv(program, [program, f"--kubeconfig={cluster.kubeconfig}", *arguments])  # noqa: S606


def main() -> None:
    parser = argparse.ArgumentParser(prog="devcluster")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("up", help="start a cluster unless one runs")
    actions.add_parser("down", help="remove the cluster and its files")
    actions.add_parser("kubectl", help="run kubectl on it")
    actions.add_parser("skaffold", help="run Skaffold on it, with the profile `cluster`")
    asked = parser.parse_args(sys.argv[1:2])
    match asked.action:
        case "up":
            up()
        case "down":
            end_cluster()
        case "kubectl":
            kubectl(sys.argv[2:])
        case "skaffold":
            become_skaffold(running(), sys.argv[2:])


if __name__ == "__main__":
    try:
        main()
    except (CannotRun, CommandFailed) as failure:  # their text suffices, without a traceback
        sys.exit(str(failure))
