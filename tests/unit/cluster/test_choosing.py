"""One process at a time starts or ends the cluster; any may search it meanwhile."""

import fcntl

import pytest

from devcluster import choosing
from devcluster.node.native import NativeNode


def test_a_start_waits_for_the_end_of_the_cluster_before(tmp_path, monkeypatch):
    ended = []

    def end(_):
        with (tmp_path / "start.lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ended.append(1)

    monkeypatch.setattr(choosing, "cache", lambda: tmp_path)
    monkeypatch.setattr(choosing, "end_node", end)
    monkeypatch.setattr(choosing.Docker, "answers", lambda: False)

    choosing.end_cluster()

    assert ended


def test_a_search_leaves_the_files_of_a_node_that_is_starting(tmp_path):
    (tmp_path / "bin").mkdir()

    assert NativeNode.find(tmp_path) is None
    assert (tmp_path / "bin").exists()
