"""Stopping: no work is done twice, and none keeps the process for ever."""

import time

import pytest

from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = pytest.mark.broker

RUNNING_SECONDS = 3.2
"""Longer than stock Nameko keeps its connection after SIGTERM, about 2 s."""


def stop_the_one_that_works(vhost, caller, launch, seconds=RUNNING_SECONDS):
    """Give work to one of two processes and stop that one; return it and the work."""
    patient = {"RUNTIME_SHUTDOWN_SECONDS": "200"}
    two = [launch("runtime", "Worker", vhost.amqp_uri, **patient) for _ in range(2)]
    consumed(vhost, "rpc-worker", consumers=2)
    work = caller.send("worker.work", "job", seconds)
    eventually(two[0].entries)
    at_work = next(process for process in two if f"by {process.pid}" in two[0].entries()[0])
    at_work.terminate()
    return at_work, work


def starts(process):
    return sum("started" in entry for entry in process.entries())


def ends(process):
    return sum("ended" in entry for entry in process.entries())


def test_work_that_runs_at_sigterm_is_finished_and_answered_once(vhost, caller, launch):
    process, work = stop_the_one_that_works(vhost, caller, launch)

    assert caller.answer(work, 60)["result"] == "job"
    assert process.wait(60) == 0
    assert (starts(process), ends(process)) == (1, 1)


def test_a_process_that_stops_takes_no_new_work(vhost, caller, launch):
    process, _ = stop_the_one_that_works(vhost, caller, launch, seconds=200.0)
    eventually(lambda: process.get("/readyz") == (503, "stopping\n"))

    def goes_to_the_other(token):
        for _ in range(4):
            caller.call("worker.work", token, 0.0)
        return not any(f"{token} started by {process.pid}" in entry for entry in process.entries())

    # Its consumer is cancelled by the next iteration of its loop.
    eventually(lambda: goes_to_the_other(f"new-{time.monotonic_ns()}"))
    assert process.exit_code() is None, process.log()
