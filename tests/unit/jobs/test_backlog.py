"""Which events of jobs wait at the broker."""

from types import SimpleNamespace

import pytest

from mare_services.jobs.adapters import backlog
from mare_services.jobs.adapters.backlog import Backlog


@pytest.fixture
def is_empty(monkeypatch):
    """Return a function that reads the backlog of a broker with these messages."""

    def read(ready):
        monkeypatch.setattr(
            backlog,
            "read_counts",
            lambda _broker, _name, queues, _seconds: [(ready.get(name, 0), 0) for name in queues],
        )
        reader = Backlog()
        settings = SimpleNamespace(retry_seconds=(1.0, 60.0))
        reader.container = SimpleNamespace(broker=None, settings=settings)
        return reader.get_dependency(None)()

    return read


def test_events_that_failed_and_wait_for_their_next_delivery_are_part_of_it(is_empty):
    assert is_empty({})
    assert not is_empty({"evt-jobs-job_accepted--playlists.compose": 1})
    assert not is_empty({"retry-60s": 1})
