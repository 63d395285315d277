"""Stopping: no work is done twice, and none keeps the process for ever."""

import os
import signal
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
    two = [launch(flavour, "Worker", vhost.amqp_uri) for _ in range(2)]
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
    process, _ = stop_the_one_that_works("runtime", vhost, caller, launch, seconds=60.0)
    eventually(lambda: process.get("/readyz") == (503, "stopping\n"))

    def goes_to_the_other(token):
        for _ in range(4):
            caller.call("worker.work", token, 0.0)
        return not any(f"{token} started by {process.pid}" in entry for entry in process.entries())

    # Its consumer is cancelled by the next iteration of its loop.
    eventually(lambda: goes_to_the_other(f"new-{time.monotonic_ns()}"))
    assert process.exit_code() is None, process.log()


def test_stock_nameko_does_the_same_work_twice(vhost, caller, launch):
    process, _ = stop_the_one_that_works("stock", vhost, caller, launch)

    eventually(lambda: starts(process) == 2)


def busy_with_an_event_waiting(vhost, caller, launch, seconds):
    """Return a process, its only worker's work, and leave it an event that has no worker."""
    listener = launch("runtime", "Listener", vhost.amqp_uri, RUNTIME_MAX_WORKERS="1").wait_ready()
    work = caller.send("listener.work", "job", seconds)
    eventually(listener.entries)
    # Each queue is prefetched by itself, so this one is in hand too.
    vhost.publish('"good"', exchange="front.events", routing_key="thing", **JSON)
    eventually(lambda: listener.metric("runtime_messages_in_hand") == 2)
    assert listener.metric("runtime_workers_busy") == 1
    return listener, work


def test_messages_that_wait_for_a_worker_at_sigterm_are_requeued_at_once(vhost, caller, launch):
    listener, work = busy_with_an_event_waiting(vhost, caller, launch, seconds=12)

    listener.terminate()

    eventually(lambda: vhost.depth("evt-front-thing--listener.on_thing").ready == 1)
    assert listener.metric("runtime_workers_busy") == 1
    assert caller.answer(work, 60)["result"] == "job"
    assert listener.wait(60) == 0
    assert len(listener.entries()) == 1


def test_messages_that_wait_for_a_worker_are_processed_once_after_a_lost_connection(
    vhost, caller, launch
):
    listener, _ = busy_with_an_event_waiting(vhost, caller, launch, seconds=8)

    eventually(lambda: vhost.close_connection(f"listener@{socket.gethostname()} consumer"))

    # The job comes again as well: the broker cannot know that it is being worked on.
    eventually(lambda: sum("job" in entry for entry in listener.entries()) == 2)
    eventually(lambda: listener.metric("runtime_messages_in_hand") == 0)
    assert sum("good" in entry for entry in listener.entries()) == 1


def test_work_that_does_not_end_is_cut_off_and_goes_back_to_the_queue(vhost, caller, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri, RUNTIME_SHUTDOWN_SECONDS="1").wait_ready()
    caller.send("worker.work", "job", 60)
    eventually(worker.entries)
    started = time.monotonic()
    worker.terminate()
    eventually(lambda: "Stopping" in worker.log())
    worker.terminate()  # a second signal neither hurries nor prolongs it

    assert worker.wait(60) == 3
    assert 0.9 < time.monotonic() - started < 45
    eventually(lambda: vhost.depth("rpc-worker").ready == 1)


def test_a_handler_that_blocks_everything_fails_liveness_and_cannot_keep_the_process(
    vhost, caller, launch
):
    worker = launch("runtime", "Worker", vhost.amqp_uri, RUNTIME_SHUTDOWN_SECONDS="0.1")
    worker.wait_ready()
    caller.send("worker.block", 60)
    eventually(worker.entries)

    with pytest.raises(OSError, match="timed out"):
        worker.get("/livez", timeout=0.5)
    worker.terminate()

    assert worker.wait(60) == 1
    assert "in block" in worker.log()


def test_an_interrupt_at_the_terminal_stops_it_as_well(vhost, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri).wait_ready()
    os.kill(worker.pid, signal.SIGINT)

    assert worker.wait(60) == 0
