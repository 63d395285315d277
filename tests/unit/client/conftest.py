import asyncio
import time

import pytest

from tests.fakes.clock import Clock
from tests.unit.client.api import in_async, in_sync


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that pauses of the clients set."""
    clock = Clock(1_000.0)

    def sleep(seconds):
        clock.now += seconds

    async def sleep_async(seconds):
        sleep(seconds)

    monkeypatch.setattr(time, "monotonic", clock)
    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(asyncio, "sleep", sleep_async)
    return clock


@pytest.fixture(params=[in_sync, in_async])
def run(request):
    return request.param
