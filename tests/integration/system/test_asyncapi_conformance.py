"""Messages between the running services match the AsyncAPI document."""

import json
import os
import signal
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import requests
import yaml

from tests.system import PATIENT, running_system
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker

DOCUMENT = Path(__file__).parents[3] / "docs/asyncapi.yaml"
CALLED = {
    *("weather.search", "weather.report", "weather.observe", "music.compose", "playlists.suggest"),
    *("jobs.accept", "jobs.accept_batch", "jobs.list_jobs", "jobs.get", "jobs.cancel"),
    *("jobs.retry", "jobs.deliveries"),
}
PUBLISHED = {
    *("jobs.job_accepted", "jobs.job_changed", "playlists.job_started"),
    *("playlists.weather_observed", "playlists.playlist_composed", "playlists.playlist_failed"),
}
CALLBACKS = {"JOBS_CALLBACKS": "true", "WEBHOOKS_ALLOW_LOCALHOST": "true"}
EXCHANGES = ("nameko-rpc", "jobs.events", "playlists.events")


@pytest.fixture
def vhost(rabbitmq):
    vhost = Vhost(rabbitmq, "system-asyncapi")
    yield vhost
    vhost.delete()


def test_what_travels_is_what_is_described(vhost, tmp_path):
    with (
        running_system(vhost.amqp_uri, tmp_path, **PATIENT, **CALLBACKS) as system,
        vhost.connect() as connection,
    ):
        tap = Tap(connection.channel())
        use_every_endpoint(system)
        compose_slowly(system, tap)
        eventually(lambda: tap.read() >= CALLED | PUBLISHED)

    faults = [fault for messages in (tap.requests, tap.events, tap.replies)
              for name, body in messages for fault in mistakes(name, body)]  # fmt: skip
    assert faults == []


def use_every_endpoint(system):
    """Use every endpoint, and wait for the ends of the jobs."""
    system.get("/v1/places", q="Rec")
    system.get("/v1/weather", city="Recife")
    system.get("/v1/playlists", city="Recife", limit=2)
    submit = f"{system.url}/v1/playlists"
    job = requests.post(submit, json={"city": "Recife", "limit": 2}, timeout=90).json()
    lost = requests.post(submit, json={"city": "Xyzzyville"}, timeout=90).json()
    batch = requests.post(f"{submit}/batch", json={"jobs": [{"city": "Olinda"}]}, timeout=90).json()
    for each in (job, lost, batch):
        path = f"/v1/jobs/{each['id']}"
        eventually(lambda path=path: system.get(path).json().get("state") in ("complete", "failed"))
    system.get("/v1/jobs")
    system.get(f"/v1/jobs/{job['id']}/deliveries")
    requests.delete(f"{system.url}/v1/jobs/{job['id']}", timeout=90)
    requests.post(f"{system.url}/v1/jobs/{lost['id']}/retry", timeout=90)


def compose_slowly(system, tap):
    """Submit jobs that are reported before their end: one wants that, of the other music waits."""
    callback = {"callback_url": "http://127.0.0.1:9/", "events": ["job.started"]}
    submit = f"{system.url}/v1/playlists"
    requests.post(submit, json={"city": "Recife", **callback}, timeout=90).raise_for_status()
    music = system.pids()["music"]
    os.kill(music, signal.SIGSTOP)
    requests.post(submit, json={"city": "Natal"}, timeout=90).raise_for_status()
    eventually(lambda: "playlists.weather_observed" in tap.read())
    os.kill(music, signal.SIGCONT)


class Tap:
    """Reads copies of all messages: requests, replies by their request, and events."""

    def __init__(self, channel):
        self.requests, self.replies, self.events = [], [], []
        self._channel = channel
        self._targets = {}
        self._queue = channel.queue_declare(exclusive=True).queue
        for exchange in EXCHANGES:
            channel.queue_bind(self._queue, exchange, "#")

    def read(self):
        """Read what has arrived; return the names of events and replies so far."""
        while message := self._channel.basic_get(self._queue, no_ack=True):
            self._take(message.delivery_info, message)
        return {name for name, _ in self.events + self.replies}

    def _take(self, info, message):
        body, key = json.loads(message.body), info["routing_key"]
        if info["exchange"] != "nameko-rpc":
            self.events.append((f"{info['exchange'].removesuffix('.events')}.{key}", body))
        elif "reply_to" in message.properties:
            self._targets[message.properties["correlation_id"]] = key
            self.requests.append((key, body))
        elif target := self._targets.get(message.properties["correlation_id"]):
            self.replies.append((target, body))


def mistakes(name, body):
    """Return what a message does that its schema does not allow."""
    is_reply = isinstance(body, dict) and set(body) == {"result", "error"}
    validator = validator_of(f"{name}.reply" if is_reply else name)
    return [f"{name}: {each.message[:200]}" for each in validator.iter_errors(body)]


@cache
def validator_of(message):
    components = described()["components"]
    payload = components["messages"][message]["payload"]
    return jsonschema.Draft202012Validator(payload | {"components": components})


@cache
def described():
    return yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
