"""What the service refuses: events of an unexpected shape or size, and other clients."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from mare_services.contract.callback_urls import UrlRules
from mare_services.contract.errors import InvalidRequest, JobNotFound, StoreUnavailable
from mare_services.contract.jobs import JobState
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.batches import BatchLifecycle
from mare_services.jobs.callbacks import DeliveryLog, JobCallbacks
from mare_services.jobs.domain.job import Terms
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.lifecycle import JobLifecycle
from mare_services.jobs.service import JobsService
from mare_services.playlists.service import PlaylistsService

REPORT = {
    "place": {
        "id": 3390760,
        "name": "Recife",
        "admin1": "Pernambuco",
        "country_code": "BR",
        "latitude": -8.05,
        "longitude": -34.88,
        "timezone": "America/Recife",
    },
    "weather": {
        "temperature": 29.0,
        "apparent_temperature": None,
        "condition": "clear",
        "code": None,
        "is_day": True,
        "observed_at": "2026-11-25T12:00:00+00:00",
        "source": "climatology",
    },
}
MALFORMED = [None, 3, "x", [], {}, {"job_id": "1"}, {"job_id": "1", "attempt": "1"},
             {"job_id": {"a": 1}, "attempt": 1},
             {"job_id": None, "attempt": 1}]  # fmt: skip


@pytest.fixture
def service(store: JobStore) -> JobsService:
    service = JobsService()
    service.resources = type("Resources", (), {})()
    service.resources.store_outages = ()
    service.resources.lifecycle = JobLifecycle(
        store,
        terms=Terms(),
        stalled_after=timedelta(minutes=1),
        redeliveries=1,
        clock=store.clock,
    )
    batches = BatchLifecycle(BatchStore(store), service.resources.lifecycle)
    service.resources.batches = batches
    log = DeliveryLog(store.database)
    service.resources.callbacks = JobCallbacks(store, log, UrlRules())
    service._call = lambda work, *args, **kwargs: work(*args, **kwargs)
    service.accept({"id": "1", "request": {"city": "Recife"}})
    return service


def test_its_client_cancels_a_job_and_tries_it_again(service):
    cancelled, again = service.cancel({"id": "1"}), service.retry({"id": "1"})

    assert cancelled["state"] == "cancelled"
    assert (again["state"], again["attempt"]) == ("pending", 2)


@pytest.mark.parametrize("event", MALFORMED)
def test_a_malformed_event_changes_no_job(service, store, event):
    for handle in (
        service.job_started,
        service.weather_observed,
        service.playlist_composed,
        service.playlist_failed,
    ):
        with pytest.raises(InvalidRequest):
            handle(event)

    assert store.get("1").state is JobState.PENDING


@pytest.mark.parametrize("report", [None, {}, "x" * 2**20, {"place": 1, "weather": 2}])
def test_a_malformed_weather_report_is_not_stored(service, store, report):
    with pytest.raises(InvalidRequest):
        service.weather_observed({"job_id": "1", "attempt": 1, "report": report})

    assert store.get("1").weather is None


def test_a_document_of_megabytes_is_not_stored(service, store):
    large = {**REPORT, "attribution": ["x" * 10_000_000]}
    with pytest.raises(InvalidRequest, match="more than 262144 bytes"):
        service.weather_observed({"job_id": "1", "attempt": 1, "report": large})
    with pytest.raises(InvalidRequest, match="more than 262144 bytes"):
        service.playlist_composed({"job_id": "1", "attempt": 1, "suggestion": ["x" * 10_000_000]})

    assert store.get("1").state is JobState.PENDING


def test_well_formed_events_are_stored_as_they_came(service, store):
    service.job_started({"job_id": "1", "attempt": 1})
    service.weather_observed({"job_id": "1", "attempt": 1, "report": {**REPORT, "new": 1}})
    service.playlist_composed({"job_id": "1", "attempt": 1, "suggestion": {"playlist": []}})

    job = store.get("1")
    assert job.state is JobState.COMPLETE
    assert job.weather == {**REPORT, "new": 1}
    assert job.result == {"playlist": []}


def test_a_playlist_event_before_the_weather_event_contains_the_weather(service, store):
    composed = {"job_id": "1", "attempt": 1, "suggestion": {"playlist": []}, "report": REPORT}

    service.playlist_composed(composed)
    service.weather_observed({"job_id": "1", "attempt": 1, "report": REPORT})

    job = store.get("1")
    assert (job.state, job.weather) == (JobState.COMPLETE, REPORT)


_ONE = {"job_id": "1", "attempt": 1}
_DELIVERY = {
    "webhook_id": "msg_1_1_complete",
    "type": "job.complete",
    "number": 1,
    "at": "2026-11-25T12:00:00+00:00",
    "outcome": "gone",
}
EVENTS = [
    ("job_started", _ONE),
    ("weather_observed", {**_ONE, "report": REPORT}),
    ("playlist_composed", {**_ONE, "suggestion": {"playlist": []}, "report": REPORT}),
    ("playlist_failed", {**_ONE, "failure": {"type": "SourceFailed", "detail": "No."}}),
    ("callback_attempted", {"job_id": "1", "delivery": _DELIVERY}),
]


@pytest.mark.parametrize(("handler", "event"), EVENTS)
def test_an_event_that_is_delivered_twice_changes_the_store_once(service, store, handler, event):
    def stored():
        with closing(sqlite3.connect(store.database._path)) as connection:
            return list(connection.iterdump())

    empty = stored()
    getattr(service, handler)(event)
    once = stored()
    getattr(service, handler)(event)

    assert empty != once
    assert stored() == once


@pytest.mark.parametrize("method", ["get", "cancel", "retry", "deliveries"])
def test_another_client_neither_sees_nor_changes_a_job(service, method):
    with pytest.raises(JobNotFound):
        getattr(service, method)({"id": "1", "client": "eve"})


@pytest.mark.parametrize("handler", [handler for handler, _ in EVENTS])
def test_no_event_is_given_up_while_the_store_is_away(handler):
    (entrypoint,) = getattr(JobsService, handler).nameko_entrypoints

    assert isinstance(StoreUnavailable(""), entrypoint._outages)


@pytest.mark.parametrize("event", [*MALFORMED, {"job_id": "1", "attempt": 1, "request": "x"}])
def test_playlists_does_no_work_for_a_malformed_job(event):
    service = PlaylistsService()
    published = []
    service.dispatch = lambda *event: published.append(event)

    with pytest.raises(InvalidRequest):
        service.compose(event)
    assert published == []


def test_a_job_that_is_done_at_once_takes_two_transactions(service, store, monkeypatch):
    """Each job took 17 to 20, of which 8 found nothing to publish."""
    begun = []
    transaction = type(store.database).transaction

    def counted(database, *, writes=True):
        begun.append(writes)
        return transaction(database, writes=writes)

    monkeypatch.setattr(type(store.database), "transaction", counted)
    service.accept({"id": "2", "request": {"city": "Olinda"}})
    service.playlist_composed(
        {"job_id": "2", "attempt": 1, "suggestion": {"playlist": []}, "report": REPORT}
    )

    assert store.get("2").state is JobState.COMPLETE
    assert begun == [True, True, False]  # the last one is of this test
