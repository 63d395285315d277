"""A namespace that allows as little as Kubernetes knows to forbid."""

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
        pytest.skip("the tests of our own clusters use an image that only those have")
    name = f"node-test-{next(_numbers)}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
