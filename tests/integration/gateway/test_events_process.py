"""Streams from the real process, over a real broker and a real store."""

import contextlib
import os
import socket
import subprocess
import sys
import threading

import pytest
import requests
import uuid_utils

from mare.processes.tcp_ports import free_port
from tests.serving import call, serving
from tests.vhost import eventually

pytestmark = pytest.mark.broker


class Stream(threading.Thread):
    """Reads one stream to its end."""

    def __init__(self, port, job_id):
        super().__init__(daemon=True)
        self._url = f"http://127.0.0.1:{port}/v1/jobs/{job_id}/events"
        self.ids = []
        self.ended = False
        self.start()

    def run(self):
        end_received = False
        with requests.get(self._url, stream=True, timeout=60) as response:
            for line in response.iter_lines(chunk_size=1):
                if line.startswith(b"id: "):
                    self.ids.append(line[4:].decode())
                    self.ended = end_received
                end_received = end_received or line == b"event: end"


@contextlib.contextmanager
def events_process(vhost):
    port, health = free_port(), free_port()
    ports = {"EVENTS_PORT": str(port), "EVENTS_HEALTH_PORT": str(health)}
    process = subprocess.Popen(
        [sys.executable, "-m", "mare_gateway.events"],
        env={"PATH": os.environ["PATH"], "AMQP_URI": vhost.amqp_uri, **ports},
        stderr=subprocess.DEVNULL,
    )

    def ready():
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{health}/readyz", timeout=30).status_code == 200

    try:
        eventually(ready)
        yield port, process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def jobs(vhost, tmp_path):
    """A jobs service without workers: its jobs stay pending until they are cancelled."""
    with serving(vhost, "jobs", JOBS_STORE=f"sqlite://{tmp_path}/jobs.sqlite"):
        yield vhost


def accept(vhost):
    job = {"id": str(uuid_utils.uuid7()), "request": {"city": "Recife"}}
    return call(vhost, "jobs.accept", job)["result"]["id"]


def test_every_process_streams_every_change(jobs):
    with events_process(jobs) as (first, _), events_process(jobs) as (second, _):
        job_id = accept(jobs)
        streams = [Stream(port, job_id) for port in (first, first, second)]
        eventually(lambda: all(stream.ids for stream in streams))
        call(jobs, "jobs.cancel", {"id": job_id})

        eventually(lambda: all(stream.ended for stream in streams))
    assert [stream.ids for stream in streams] == [["1-pending", "1-cancelled", "1-cancelled"]] * 3
    eventually(lambda: not [name for name in jobs.queues() if name.startswith("rpc.events-")])


def test_a_change_during_an_interruption_of_the_broker_is_streamed_after_it(jobs):
    with events_process(jobs) as (port, process):
        job_id = accept(jobs)
        stream = Stream(port, job_id)
        eventually(lambda: stream.ids)
        name = f"events-events@{socket.gethostname()}"
        eventually(lambda: jobs.close_connection(name))
        call(jobs, "jobs.cancel", {"id": job_id})

        eventually(lambda: stream.ended)

        # A process that stops ends its streams at once.
        stream = Stream(port, accept(jobs))
        eventually(lambda: stream.ids)
        process.terminate()

        assert process.wait(20) == 0
        stream.join(20)
        assert not stream.is_alive()
        assert not stream.ended  # the client opens it again, elsewhere
