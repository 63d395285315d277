"""Pods are killed under load: errors are short and well-formed, and no message is lost."""

import time
from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.application import Application, job, program
from tests.load.closed_loop import Load
from tests.vhost import eventually

WELL_FORMED = {200, 502, 503, 504}
CLIENTS = 4
COUNT = 800
FIRST = 10_000
"""The first ID; the queue may still have lower ones of another test."""
RECOVERY = 180
"""Seconds within which every request succeeds again, whichever Pod was killed."""

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(
    "component", [pytest.param("weather", marks=pytest.mark.nightly), "gateway"]
)
def test_requests_succeed_again_after_a_pod_was_killed(
    application: Application, component: str, record_property
):
    with Load(application.anywhere, clients=CLIENTS).running() as load:
        eventually(lambda: len(load.answers) >= 8, seconds=180)
        application.kill(application.pods(component)[0])
        killed = time.time()
        eventually(lambda: _succeeds_for(load, seconds=3, since=killed), seconds=RECOVERY)

    application.roll_out(f"mare-{component}")
    last = max((answer.at for answer in load.failed), default=killed)
    record_property("recovery_seconds", round(last - killed, 1))
    connection_errors = [a for a in load.failed if a.status not in WELL_FORMED]
    # The connections of a killed gateway are closed without a response.
    assert len(connection_errors) <= (2 * CLIENTS if component == "gateway" else 0)


def _succeeds_for(load: Load, *, seconds: float, since: float) -> bool:
    """Return whether there were requests in the last `seconds`, and all succeeded."""
    start = time.time() - seconds
    recent = [answer for answer in load.answers if answer.at > start]
    return start > since and bool(recent) and all(answer.status == 200 for answer in recent)


@pytest.fixture
def recording(application: Application, images: Mapping[str, str]) -> Iterator[Application]:
    """Two workers, and a publisher that continues until all messages are confirmed."""
    uri = {"name": "mare-rabbitmq-worker", "key": "amqp-uri"}
    deployment = program(
        *(images["services"], "recorder", ["recorder.py"]),
        AMQP_URI=uri,
        SECONDS_PER_MESSAGE="0.02",
    )
    deployment["spec"]["replicas"] = 2
    # This takes 20 s or more: it must run when the broker is killed.
    publish = ["publisher.py", str(COUNT), "40", str(FIRST)]
    application.apply(deployment)
    application.roll_out("recorder")
    application.apply(job(images["services"], "publisher", publish, AMQP_URI=uri))
    yield application
    application.kubectl("delete", "deployment/recorder", "job/publisher")


@pytest.mark.nightly
def test_with_the_broker_and_a_worker_no_confirmed_message_is_lost_and_requests_succeed_again(
    recording: Application, images: Mapping[str, str], record_property
):
    recording.kubectl("wait", "--for=jsonpath={.status.ready}=1", "job/publisher", "--timeout=110s")
    with Load(recording.anywhere, clients=CLIENTS).running() as load:
        eventually(lambda: len(load.answers) >= 8, seconds=180)
        recording.kill("mare-rabbitmq-0")
        killed = time.time()
        recording.kill(_recorder(recording))
        eventually(lambda: _succeeds_for(load, seconds=3, since=killed), seconds=RECOVERY)

    last = max((answer.at for answer in load.failed), default=killed)
    record_property("recovery_seconds", round(last - killed, 1))
    assert {answer.status for answer in load.failed} <= WELL_FORMED
    _await_end(recording, "job/publisher")
    record_property("publisher_done_after_seconds", round(time.time() - killed, 1))

    recording.apply(
        job(
            *(images["services"], "counter", ["counter.py", str(COUNT), str(FIRST)]),
            AMQP_URI={"name": "mare-rabbitmq-worker", "key": "amqp-uri"},
        )
    )
    try:
        _await_end(recording, "job/counter")
        assert recording.kubectl("logs", "job/counter").splitlines()[-1] == "missing: []"
    finally:
        recording.kubectl("delete", "job/counter")


def _await_end(application: Application, job: str) -> None:
    application.kubectl("wait", "--for=condition=complete", job, "--timeout=300s", seconds=310)


def _recorder(application: Application) -> str:
    names = application.kubectl("get", "pods", "--selector=app=recorder", "--output=name")
    return names.splitlines()[0].removeprefix("pod/")
