"""Calls of the store in native threads."""

import threading
from types import SimpleNamespace

import eventlet
import pytest
from eventlet import tpool

from mare_services.jobs.service import JobsService


@pytest.fixture
def two_threads():
    tpool.killall()
    tpool.set_num_threads(2)
    yield
    tpool.killall()
    tpool.set_num_threads(20)


@pytest.mark.usefixtures("two_threads")
def test_a_call_whose_caller_is_gone_is_skipped_when_a_thread_is_free():
    service = JobsService()
    service.resources = SimpleNamespace(store_outages=(), relay=SimpleNamespace(flush=list))
    begun, store_goes_on = [], threading.Event()

    def stuck():
        begun.append("stuck")
        store_goes_on.wait()

    with eventlet.Timeout(60):
        callers = [eventlet.spawn(service._call, stuck) for _ in range(6)]
        while len(begun) < 2:
            eventlet.sleep(0.001)
        for caller in callers:
            caller.kill()
        store_goes_on.set()
        service._call(begun.append, "next")

    assert begun == ["stuck", "stuck", "next"]
