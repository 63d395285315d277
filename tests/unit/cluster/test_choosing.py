"""One process at a time starts or ends the cluster; any may search and use it meanwhile."""

import fcntl
import threading

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


def test_the_starter_of_a_cluster_ends_it_after_its_last_user(tmp_path, monkeypatch):
    running, order = [], []

    def end():
        order.append("ended")

    def get(*, detached):
        first = not running
        running.append(detached)
        return "cluster", end if first else None

    monkeypatch.setattr(choosing, "cache", lambda: tmp_path)
    monkeypatch.setattr(choosing, "_get", get)

    starter = choosing.cluster_for_tests()
    starter.__enter__()
    other = choosing.cluster_for_tests()
    other.__enter__()
    leaving = threading.Thread(target=lambda: starter.__exit__(None, None, None))
    leaving.start()
    leaving.join(0.2)
    order.append("other leaves")
    other.__exit__(None, None, None)
    leaving.join(10)

    assert order == ["other leaves", "ended"]


def test_a_search_leaves_the_files_of_a_node_that_is_starting(tmp_path):
    (tmp_path / "bin").mkdir()

    assert NativeNode.find(tmp_path) is None
    assert (tmp_path / "bin").exists()
