"""Skaffold builds, pushes and installs with one command."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster.cluster import Cluster
from tests.e2e.application import Application, namespace
from tests.vhost import eventually


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Application]:
    with namespace(cluster, "skaffold") as name:
        yield Application(cluster, name)


@pytest.mark.nightly
@pytest.mark.timeout(1250)
def test_skaffold_builds_pushes_and_deploys(empty: Application, skaffold: Path, helm3: Path):
    environment = os.environ | {
        "KUBECONFIG": str(empty.cluster.kubeconfig),
        "SKAFFOLD_UPDATE_CHECK": "false",
        "PATH": f"{helm3.parent}:{skaffold.parent}:{os.environ['PATH']}",
    }
    command = [str(skaffold), "run", "--profile=cluster", "--namespace", empty.namespace]

    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=1000, check=False
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    eventually(lambda: empty.ready("mare-gateway") >= 1, seconds=180)
