"""The store that most of these tests use, and a relay of its events."""

from collections.abc import Callable, Iterator
from pathlib import Path

import eventlet
import pytest
from eventlet.greenthread import GreenThread

from mare_services.jobs.adapters import relay as module
from mare_services.jobs.adapters.relay import EventRelay
from mare_services.jobs.job_store import JobStore
from tests.job_stores import sqlite_store
from tests.unit.jobs.relaying import Broker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = sqlite_store(tmp_path / "jobs.db")
    yield store
    store.close()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def relay(store: JobStore, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> EventRelay:
    monkeypatch.setattr(module.tpool, "execute", lambda call, *arguments: call(*arguments))
    return EventRelay(store.outbox, broker.send)


@pytest.fixture
def run(relay: EventRelay) -> Iterator[Callable[[], None]]:
    """Run the relay as the service does; it takes what transactions commit."""
    threads: list[GreenThread] = []

    def start() -> None:
        relay._outbox.publish = relay.take
        threads.append(eventlet.spawn(relay.run))

    yield start
    for thread in threads:
        thread.kill()
