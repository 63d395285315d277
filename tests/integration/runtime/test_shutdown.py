"""Stopping: no work is done twice, and none keeps the process for ever."""

import socket
import time

import pytest

from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = pytest.mark.broker

JSON = {"content_type": "application/json", "content_encoding": "utf-8"}

RUNNING_SECONDS = 3.2
"""Longer than stock Nameko keeps its connection after SIGTERM, about 2 s."""


def stop_the_one_that_works(flavour, vhost, caller, launch, seconds=RUNNING_SECONDS):
    """Give work to one of two processes and stop that one; return it and the work."""
    patient = {"RUNTIME_SHUTDOWN_SECONDS": "200"}
    two = [launch(flavour, "Worker", vhost.amqp_uri, **patient) for _ in range(2)]
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
    process, work = stop_the_one_that_works("runtime", vhost, caller, launch)

    assert caller.answer(work, 60)["result"] == "job"
    assert process.wait(60) == 0
    assert (starts(process), ends(process)) == (1, 1)


def test_a_process_that_stops_takes_no_new_work(vhost, caller, launch):
    process, _ = stop_the_one_that_works("runtime", vhost, caller, launch, seconds=200.0)
    eventually(lambda: process.get("/readyz") == (503, "stopping\n"))

    def goes_to_the_other(token):
        for _ in range(4):
            caller.call("worker.work", token, 0.0)
        return not any(f"{token} started by {process.pid}" in entry for entry in process.entries())

    # Its consumer is cancelled by the next iteration of its loop.
    eventually(lambda: goes_to_the_other(f"new-{time.monotonic_ns()}"))
    assert process.exit_code() is None, process.log()


def test_stock_nameko_does_the_same_work_twice(vhost, caller, launch):
    process, _ = stop_the_one_that_works("stock", vhost, caller, launch, seconds=60.0)

    eventually(lambda: starts(process) == 2)


def busy_with_an_event_waiting(vhost, caller, launch):
    """Return a process whose only worker is busy, and leave it an event that has no worker."""
    listener = launch("runtime", "Listener", vhost.amqp_uri, RUNTIME_MAX_WORKERS="1").wait_ready()
    caller.send("listener.hold", "job")
    eventually(listener.entries)
    # Each queue is prefetched by itself, so this one is in hand too.
    vhost.publish('"good"', exchange="front.events", routing_key="thing", **JSON)
    eventually(lambda: listener.metric("runtime_messages_in_hand") == 2)
    assert listener.metric("runtime_workers_busy") == 1
    return listener


def test_messages_that_wait_for_a_worker_are_processed_once_after_a_lost_connection(
    vhost, caller, launch
):
    listener = busy_with_an_event_waiting(vhost, caller, launch)

    eventually(lambda: vhost.close_connection(f"listener@{socket.gethostname()} consumer"))
    # What a process handles before it reads of the loss is rightly processed again.
    eventually(lambda: listener.metric("runtime_reconnects_total") >= 1)

    listener.end_holds()
    # The job comes again as well: the broker cannot know that it is being worked on.
    eventually(lambda: sum("job" in entry for entry in listener.entries()) == 2)
    eventually(lambda: any("good" in entry for entry in listener.entries()))
    eventually(lambda: listener.metric("runtime_messages_in_hand") == 0)
    assert sum("good" in entry for entry in listener.entries()) == 1
