"""Callbacks of jobs: accepted by the rules, published with the state, logged once."""

from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.callback_urls import UrlRules
from mare_services.contract.callbacks import (
    ENDS,
    Callback,
    CallbackAttempted,
    CallbackType,
    Delivery,
    Outcome,
)
from mare_services.contract.errors import (
    CallbacksUnavailable,
    IdempotencyKeyReused,
    InvalidRequest,
)
from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs.callbacks import DeliveryLog, JobCallbacks
from mare_services.jobs.domain.job import Terms
from mare_services.jobs.domain.view import view
from mare_services.jobs.lifecycle import JobLifecycle
from tests.job_stores import data, outbox

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL = "https://example.com/hooks/secret?token=x"
ALL = tuple(CallbackType)


@pytest.fixture
def callbacks(store):
    return JobCallbacks(store, DeliveryLog(store.database), UrlRules())


@pytest.fixture
def lifecycle(store):
    return JobLifecycle(
        store,
        terms=Terms(),
        stalled_after=timedelta(minutes=1),
        redeliveries=3,
        clock=lambda: NOW,
    )


@pytest.fixture
def accept(lifecycle, callbacks):
    def accept(events=ALL, job_id="1", url=URL, key=None):
        return lifecycle.accept(
            JobSubmission(id=job_id, client="ana", request={"city": "Recife"}, idempotency_key=key),
            callbacks.read(Callback(url=url, events=events)),
        )

    return accept


def due(store):
    """Return the callbacks in the outbox, without claiming them."""
    return [data(event) for event in outbox(store) if event.type == "callback_due"]


def kinds(store):
    return [each["type"] for each in due(store)]


def attempted(outcome, number=1, job_id="1"):
    delivery = Delivery(
        webhook_id="msg_1_1_complete",
        type=CallbackType.COMPLETE,
        number=number,
        at=NOW + timedelta(seconds=number),
        outcome=outcome,
    )
    return CallbackAttempted(job_id=job_id, delivery=delivery)


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (ALL, [True, False, False]),
        ((CallbackType.WEATHER, CallbackType.COMPLETE), [True, False]),
        (ENDS, [True]),
    ],
)
def test_only_the_first_callback_of_a_job_is_marked_as_such(
    lifecycle, store, accept, wanted, first
):
    accept(wanted)
    lifecycle.record("1", 1, JobState.RUNNING)
    lifecycle.record("1", 1, JobState.PARTIAL, weather={"t": 1})
    lifecycle.record("1", 1, JobState.COMPLETE, result={"playlist": []})

    assert [each["first"] for each in due(store)] == first


def test_each_wanted_state_is_a_callback_with_the_job_as_it_is_then(lifecycle, store, accept):
    accept()
    lifecycle.record("1", 1, JobState.RUNNING)
    lifecycle.record("1", 1, JobState.PARTIAL, weather={"t": 1})
    lifecycle.record("1", 1, JobState.COMPLETE, result={"playlist": []})

    found = due(store)
    assert [each["type"] for each in found] == ["job.started", "job.weather", "job.complete"]
    assert [each["webhook_id"] for each in found] == [
        "msg_1_1_started", "msg_1_1_weather", "msg_1_1_complete"
    ]  # fmt: skip
    assert {each["url"] for each in found} == {URL}
    body = found[-1]["payload"]
    assert (body["type"], body["timestamp"]) == ("job.complete", NOW.isoformat())
    assert body["data"]["result"] == {"playlist": []}
    assert body["data"]["state"] == "complete"


def test_only_wanted_events_are_sent(lifecycle, store, accept):
    accept(events=(CallbackType.FAILED,))
    lifecycle.record("1", 1, JobState.RUNNING)
    lifecycle.record("1", 1, JobState.COMPLETE, result=1)

    assert kinds(store) == []


def test_a_playlist_that_overtakes_the_weather_sends_both(lifecycle, store, accept):
    accept()
    lifecycle.record("1", 1, JobState.COMPLETE, result=1, weather={"t": 1})
    lifecycle.record("1", 1, JobState.PARTIAL, weather={"t": 1})

    assert kinds(store) == ["job.weather", "job.complete"]


def test_another_attempt_has_callbacks_of_its_own(lifecycle, store, accept):
    accept(ENDS)
    lifecycle.cancel("1", "ana")
    lifecycle.retry("1", "ana")
    lifecycle.cancel("1", "ana")

    assert [each["webhook_id"] for each in due(store)] == [
        "msg_1_1_cancelled", "msg_1_2_cancelled"
    ]  # fmt: skip
    assert [each["first"] for each in due(store)] == [True, False]


def test_a_job_never_shows_the_path_of_its_callback_url(accept):
    shown = view(accept())["callback"]

    assert shown == {"events": list(ALL), "destination": "https://example.com", "ended": False}


def test_a_job_without_a_callback_publishes_none(lifecycle, store):
    lifecycle.accept(JobSubmission(id="1", client="ana", request={}))
    lifecycle.record("1", 1, JobState.COMPLETE, result=1)

    assert kinds(store) == []


def test_the_same_key_with_another_callback_is_refused(accept):
    accept(key="k")

    assert accept(key="k", job_id="2").id == "1"
    with pytest.raises(IdempotencyKeyReused):
        accept(key="k", job_id="3", url="https://example.com/other")
    with pytest.raises(IdempotencyKeyReused):
        accept(key="k", job_id="4", events=(CallbackType.FAILED,))


def test_the_same_key_is_recognized_after_a_receiver_is_gone(accept, callbacks):
    accept(key="k")
    callbacks.record(attempted(Outcome.GONE))

    assert accept(key="k", job_id="2").id == "1"


@pytest.mark.parametrize("url", ["http://example.com/", "https://10.0.0.1/", "nonsense"])
def test_a_url_that_is_refused_names_the_parameter(callbacks, url):
    with pytest.raises(InvalidRequest) as raised:
        callbacks.read(Callback(url=url))

    assert raised.value.extra["errors"][0]["parameter"] == "callback_url"


def test_an_installation_without_webhooks_rejects_callbacks(store):
    off = JobCallbacks(store, DeliveryLog(store.database), None)

    assert off.read(None) is None
    with pytest.raises(CallbacksUnavailable, match="JOBS_CALLBACKS"):
        off.read(Callback(url=URL))


def test_a_receiver_that_is_gone_gets_no_further_callback(lifecycle, store, accept, callbacks):
    accept()
    lifecycle.record("1", 1, JobState.RUNNING)
    assert not callbacks.ended("1")
    callbacks.record(attempted(Outcome.GONE))
    lifecycle.record("1", 1, JobState.COMPLETE, result=1)

    assert callbacks.ended("1")
    assert not callbacks.ended("unknown")
    assert kinds(store) == ["job.started"]
    assert view(store.get("1"))["callback"]["ended"] is True
