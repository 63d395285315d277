"""Errors on a machine that cannot run a node."""

from pathlib import Path

import pytest

from devcluster import CannotRun
from devcluster.node.starting import require


def test_what_the_node_would_hide_from_itself_is_named() -> None:
    with pytest.raises(CannotRun, match=r"cannot read /var/lib/postgresql/\.cache"):
        require([Path("/home"), Path("/var/lib/postgresql/.cache")], is_root=True)


def test_the_error_names_three_ways_to_get_a_cluster() -> None:
    with pytest.raises(CannotRun, match=r"Docker engine .* root on Linux.* MARE_KUBECONTEXT"):
        require([], is_root=False)
