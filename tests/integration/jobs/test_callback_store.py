"""Callbacks and their log in each store."""

from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.jobs import JobSubmission
from mare_services.jobs import callbacks
from mare_services.jobs.callbacks import DeliveryLog
from mare_services.jobs.domain.job import Terms, new_job
from mare_services.jobs.ports import Change

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CALLBACK = {"url": "https://example.com/", "events": ["job.complete"], "ended": False}


def delivery(number):
    return {"webhook_id": "msg_1", "number": number, "at": f"2026-11-25T12:00:0{number}Z"}


@pytest.fixture
def log(store):
    return DeliveryLog(store.database)


def accept(store):
    submitted = JobSubmission(id="1", client="ana", request={})
    return store.accept(Change(new_job(submitted, CALLBACK, NOW, Terms())))


def test_the_callback_of_a_job_is_kept(store):
    accept(store)

    assert store.get("1").callback == CALLBACK


def test_a_delivery_is_kept_once_and_deleted_with_its_job(store, log):
    job = accept(store)
    for number in (2, 1, 2):
        log.add("1", delivery(number))
    log.add("none", delivery(3))

    assert log.of("1") == [delivery(1), delivery(2)]
    assert log.of("none") == []
    store.delete_expired(job.retained_until + timedelta(seconds=1))
    assert log.of("1") == []


def test_of_more_deliveries_than_are_returned_the_oldest_are_left_out(store, log, monkeypatch):
    monkeypatch.setattr(callbacks, "_MOST", 2)
    accept(store)
    for number in (1, 3, 2):
        log.add("1", delivery(number))

    assert log.of("1") == [delivery(2), delivery(3)]
