"""A namespace with the strictest Pod Security Standard."""

import itertools
import os
from collections.abc import Iterator

import pytest

from devcluster.cluster import Cluster

_numbers = itertools.count(1)


@pytest.fixture
def restricted(cluster: Cluster) -> Iterator[str]:
    """Name of a fresh namespace with the Pod Security Standard `restricted`."""
    if os.environ.get("MARE_KUBECONTEXT"):
        pytest.skip("these tests use an image that only kind and native nodes have")
    name = f"node-test-{next(_numbers)}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
