"""The store that most of these tests use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mare_services.jobs.job_store import JobStore
from tests.job_stores import sqlite_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = sqlite_store(tmp_path / "jobs.db")
    yield store
    store.close()
