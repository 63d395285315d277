"""Stopping: no work is done twice."""

import pytest

from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = pytest.mark.broker

RUNNING_SECONDS = 3.2
"""Longer than stock Nameko keeps its connection after SIGTERM, about 2 s."""


def test_work_that_runs_at_sigterm_is_finished_and_answered_once(vhost, caller, launch):
    patient = {"RUNTIME_SHUTDOWN_SECONDS": "200"}
    two = [launch("runtime", "Worker", vhost.amqp_uri, **patient) for _ in range(2)]
    consumed(vhost, "rpc-worker", consumers=2)
    work = caller.send("worker.work", "job", RUNNING_SECONDS)
    eventually(two[0].entries)
    process = next(each for each in two if f"by {each.pid}" in two[0].entries()[0])

    process.terminate()

    assert caller.answer(work, 60)["result"] == "job"
    assert process.wait(60) == 0
    entries = [entry.split()[:2] for entry in process.entries()]
    assert entries == [["job", "started"], ["job", "ended"]]
