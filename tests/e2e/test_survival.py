"""Pods die under load: clean errors for a moment, nothing that was accepted is lost."""

import time
from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.application import Application, job, program
from tests.load.asking import Load
from tests.vhost import eventually

CLEAN = {200, 502, 503, 504}
COUNT = 800
RECOVERY = 60
"""Seconds after which everybody has to be served again, whoever died."""


@pytest.mark.parametrize("component", ["weather", "playlists", "gateway", "operator"])
def test_a_killed_pod_costs_clean_errors_and_no_more(
    application: Application, component: str, record_property
):
    with Load(application.anywhere, clients=4).running() as load:
        eventually(lambda: len(load.answers) >= 8, seconds=60)
        application.kill(application.pods(component)[0])
        killed = time.time()
        eventually(lambda: _served_for(load, seconds=3, since=killed), seconds=RECOVERY)

    application.roll_out(f"mare-{component}")
    last = max((answer.at for answer in load.failed), default=killed)
    record_property("recovery_seconds", round(last - killed, 1))
    connection_errors = [a for a in load.failed if a.status not in CLEAN]
    # Requests in the killed gateway have nobody left to answer them.
    assert component == "gateway" or connection_errors == []


def _served_for(load: Load, *, seconds: float, since: float) -> bool:
    """Whether for this long nobody was refused and somebody was served."""
    start = time.time() - seconds
    recent = [answer for answer in load.answers if answer.at > start]
    return start > since and bool(recent) and all(answer.status == 200 for answer in recent)


@pytest.fixture
def recording(application: Application, images: Mapping[str, str]) -> Iterator[Application]:
    """Two recorders at work, and a publisher who goes on until all is confirmed."""
    uri = {"name": "mare-rabbitmq-worker", "key": "amqp-uri"}
    deployment = program(
        *(images["services"], "recorder", ["recorder.py"]),
        AMQP_URI=uri,
        SECONDS_PER_MESSAGE="0.02",
    )
    deployment[1]["spec"]["replicas"] = 2
    publisher = job(
        images["services"], "publisher", ["publisher.py", str(COUNT), "100"], AMQP_URI=uri
    )
    application.apply(*deployment, publisher)
    application.roll_out("recorder")
    yield application
    application.kubectl("delete", "deployment/recorder", "job/publisher")


def test_no_confirmed_message_is_lost_whoever_dies(
    recording: Application, images: Mapping[str, str], record_property
):
    recording.kubectl("wait", "--for=jsonpath={.status.ready}=1", "job/publisher", "--timeout=60s")
    recording.kill("mare-rabbitmq-0")
    killed = time.time()
    recording.kill(_recorder(recording))
    recording.kubectl("wait", "--for=condition=complete", "job/publisher", "--timeout=120s")
    record_property("publisher_done_after_seconds", round(time.time() - killed, 1))

    recording.apply(
        job(
            *(images["services"], "counter", ["counter.py", str(COUNT)]),
            AMQP_URI={"name": "mare-rabbitmq-worker", "key": "amqp-uri"},
        )
    )
    try:
        recording.kubectl("wait", "--for=condition=complete", "job/counter", "--timeout=120s")
        assert recording.kubectl("logs", "job/counter").splitlines()[-1] == "missing: []"
    finally:
        recording.kubectl("delete", "job/counter")


def _recorder(application: Application) -> str:
    names = application.kubectl("get", "pods", "--selector=app=recorder", "--output=name")
    return names.splitlines()[0].removeprefix("pod/")


def test_the_application_answers_after_its_broker_died(application: Application, record_property):
    with Load(application.anywhere, clients=4).running() as load:
        eventually(lambda: len(load.answers) >= 8, seconds=60)
        application.kill("mare-rabbitmq-0")
        killed = time.time()
        eventually(lambda: _served_for(load, seconds=3, since=killed), seconds=RECOVERY)

    last = max((answer.at for answer in load.failed), default=killed)
    record_property("recovery_seconds", round(last - killed, 1))
    assert {answer.status for answer in load.failed} <= CLEAN
