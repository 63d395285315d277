"""Which events of jobs wait at the broker."""

from types import SimpleNamespace

import pytest

from mare_services.contract.jobs import JOB_PARKING
from mare_services.jobs.adapters import backlog
from mare_services.jobs.adapters.backlog import Backlog
from mare_services.jobs.service import JobsService
from mare_services.playlists.service import PlaylistsService


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
    assert not is_empty({"retry-job-60s": 1})


def test_callbacks_and_events_of_other_services_that_are_parked_are_not_part_of_it(is_empty):
    assert is_empty({"retry-1s": 1, "retry-60s": 1_400})


@pytest.mark.parametrize("queue", backlog.QUEUES)
def test_the_events_of_each_queue_have_the_parking_queues_that_are_read(queue):
    source, _, handler = queue.removeprefix("evt-").partition("--")
    service, _, method = handler.partition(".")
    handled = {"jobs": JobsService, "playlists": PlaylistsService}[service]
    (entrypoint,) = getattr(handled, method).nameko_entrypoints

    assert source == f"{entrypoint.source_service}-{entrypoint.event_type}"
    assert entrypoint._parking == JOB_PARKING
