"""Each step of a job ends before its process is killed: that is why jobs have no leases."""

import eventlet
import pytest

from mare_nameko.service import CallTimedOut
from mare_nameko.service.settings import Settings as RuntimeSettings
from mare_services.jobs.adapters import postgresql, sqlite
from mare_services.playlists import service as playlists
from mare_services.webhooks.adapters.queues import WAIT_SECONDS
from mare_services.webhooks.service import ASK_SECONDS
from mare_services.webhooks.settings import Settings as WebhooksSettings


def default(settings, name):
    return next(f.default for f in settings.__dataclass_fields__.values() if f.name == name)


STOP = default(RuntimeSettings, "shutdown_seconds")
PUBLISH = default(RuntimeSettings, "publish_seconds")
ATTEMPT = default(WebhooksSettings, "attempt_seconds")
BROKER_TAKES_BACK = 1_800.0
"""Seconds after which RabbitMQ delivers an unacknowledged message again (consumer_timeout)."""


def test_the_work_of_a_job_ends_before_a_kill():
    assert playlists.WORK_SECONDS + PUBLISH <= STOP


def test_an_attempt_to_deliver_a_callback_ends_before_a_kill():
    assert ATTEMPT + 2 * PUBLISH <= STOP, "it is sent, parked and reported"
    assert ASK_SECONDS < ATTEMPT, "the question is a part of it"


def test_a_statement_of_the_store_ends_before_a_kill():
    assert 2 * sqlite.BUSY_SECONDS <= STOP, "the lock of the process, that of the file"
    assert postgresql.CONNECT_SECONDS + postgresql.STATEMENT_SECONDS <= STOP


def test_no_step_holds_its_message_until_the_broker_delivers_it_again():
    assert max(STOP, ATTEMPT + PUBLISH + 2 * WAIT_SECONDS) < BROKER_TAKES_BACK


def test_work_that_takes_too_long_is_left_to_a_retry(monkeypatch):
    monkeypatch.setattr(playlists, "WORK_SECONDS", 0.05)
    service = playlists.PlaylistsService()
    published = []
    service.dispatch = lambda *event: published.append(event)
    service.weather = type("Weather", (), {"observe": lambda *_: eventlet.sleep(60)})()
    service.resources = type("Resources", (), {"settings": playlists.Settings()})()

    with pytest.raises(CallTimedOut):
        service.compose({"job_id": "1", "attempt": 1, "request": {"city": "Recife"}})

    assert published == [("job_started", {"job_id": "1", "attempt": 1})]
