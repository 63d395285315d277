"""How soon an answer usually arrives. Required tests wait longer, as their machine may be busy."""

import base64
import statistics
import time
from collections.abc import Callable
from queue import SimpleQueue

import pytest
import requests

from tests.fakes.receiver import Receiver, status
from tests.system import running_system
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly]

REQUESTS = 31
USUALLY_SECONDS = 0.5
"""The medians of an idle machine are 0.03 s for a playlist and 0.07 s for a callback."""


@pytest.fixture(scope="module")
def system(rabbitmq, tmp_path_factory):
    vhost = Vhost(rabbitmq, "how-soon")
    with running_system(
        vhost.amqp_uri,
        tmp_path_factory.mktemp("system"),
        JOBS_CALLBACKS="true",
        WEBHOOKS_SECRETS=f"whsec_{base64.b64encode(bytes(range(32))).decode()}",
        WEBHOOKS_ALLOW_LOCALHOST="true",
    ) as running:
        running.start("webhooks", "events")
        eventually(lambda: "Streaming on port" in running.log("events"))
        yield running
    vhost.delete()


def median_seconds(ask: Callable[[dict[str, object]], object]) -> float:
    """Return the median time that ``ask`` takes for a place that no cache has seen."""
    times = []
    for number in range(REQUESTS):
        began = time.monotonic()
        ask({"lat": number, "lon": number / 2, "limit": 1})
        times.append(time.monotonic() - began)
    return statistics.median(times)


def test_a_playlist_is_usually_there_soon(system):
    def ask(place):
        assert system.get("/v1/playlists", **place).ok

    assert median_seconds(ask) <= USUALLY_SECONDS


def test_the_stream_of_a_job_usually_ends_soon(system):
    def ask(place):
        job = requests.post(f"{system.url}/v1/playlists", json=place, timeout=30).json()["id"]
        events = f"{system.events_url}/v1/jobs/{job}/events"
        with requests.get(events, stream=True, timeout=30) as stream:
            assert b"event: end" in stream.iter_lines()

    assert median_seconds(ask) <= USUALLY_SECONDS


def test_the_callback_of_a_job_usually_arrives_soon(system):
    called: SimpleQueue[None] = SimpleQueue()

    def behave(connection):
        status(204)(connection)
        called.put(None)

    with Receiver(behave) as receiver:

        def ask(place):
            job = {**place, "callback_url": receiver.url, "events": ["job.complete"]}
            assert requests.post(f"{system.url}/v1/playlists", json=job, timeout=30).ok
            called.get(timeout=30)

        assert median_seconds(ask) <= USUALLY_SECONDS
