"""One process at a time starts or ends the cluster."""

import fcntl

import pytest

from devcluster import choosing


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
