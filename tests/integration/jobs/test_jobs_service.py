"""Jobs through their whole life: store, outbox, broker, playlists, and back."""

import pytest
import uuid_utils

from mare_services.contract.callbacks import CALLBACK_QUEUE
from tests.job_stores import create_sqlite
from tests.leader import silent_leader
from tests.serving import call, serving
from tests.vhost import eventually

pytestmark = pytest.mark.broker


@pytest.fixture
def store_uri(tmp_path):
    create_sqlite(tmp_path / "jobs.sqlite")
    return f"sqlite://{tmp_path}/jobs.sqlite"


@pytest.fixture
def peers(vhost):
    with (
        serving(vhost, "tests.fakes.peers:Weather", SERVES="weather"),
        serving(vhost, "tests.fakes.peers:Music", SERVES="music"),
    ):
        yield vhost


def accept(vhost, **request):
    job = {"id": str(uuid_utils.uuid7()), "client": "ana", "request": request}
    return call(vhost, "jobs.accept", job)["result"]


def call_jobs(vhost, method, job_id, client="ana"):
    return call(vhost, f"jobs.{method}", {"id": job_id, "client": client})


def ended(vhost, job_id):
    """Return the job when it has ended."""
    views = []

    def has_ended():
        views.append(call_jobs(vhost, "get", job_id)["result"])
        return views[-1]["state"] in ("complete", "failed", "expired")

    eventually(has_ended)
    return views[-1]


def test_a_job_is_composed_and_its_events_have_the_ids_of_its_request(peers, store_uri):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    ids = {"request_id": "r-1", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    callback = {"url": "https://example.com/", "events": ["job.started", "job.complete"]}
    job = {"id": str(uuid_utils.uuid7()), "client": "ana", "request": {"city": "Recife"}}
    with (
        serving(peers, "jobs", JOBS_STORE=store_uri, JOBS_CALLBACKS="true"),
        serving(peers, "playlists"),
        peers.connect() as connection,
    ):
        channel = connection.channel()
        tap = channel.queue_declare(exclusive=True).queue
        for exchange in ("jobs.events", "playlists.events"):
            channel.queue_bind(tap, exchange, "#")
        accepted = call(peers, "jobs.accept", job | {"callback": callback}, **ids)["result"]
        seen, modes = {}, {}

        def all_are_published():
            while message := channel.basic_get(tap, no_ack=True):
                kind = message.delivery_info["routing_key"]
                seen[kind], modes[kind] = message.headers, message.properties["delivery_mode"]
            return {"job_accepted", "job_changed", "job_started", "playlist_composed"} < set(seen)

        eventually(all_are_published)
        done = ended(peers, job["id"])

    assert (accepted["state"], done["state"]) == ("pending", "complete")
    assert done["weather"]["place"]["name"] == "Recife"
    assert done["result"]["playlist"]["tracks"]
    assert (done["attempt"], done["failure"]) == (1, None)
    assert {headers["nameko.request_id"] for headers in seen.values()} == {"r-1"}
    assert {headers["nameko.traceparent"].split("-")[1] for headers in seen.values()} == {trace}
    assert "callback_due" in seen
    # A stream reads its job again anyway: what it missed is no loss.
    assert {kind for kind, mode in modes.items() if mode == 1} == {"job_changed"}


def test_a_job_whose_last_retry_fails_has_failed(vhost, store_uri):
    # No weather service runs, so each call fails.
    few = {"RUNTIME_RETRY_SECONDS": "0.1", "RUNTIME_RETRY_LIMIT": "1"}
    few["RUNTIME_NO_CONSUMERS_GRACE"] = "0"
    with serving(vhost, "jobs", JOBS_STORE=store_uri), serving(vhost, "playlists", **few):
        done = ended(vhost, accept(vhost, city="Recife")["id"])
        eventually(lambda: vhost.dead_letters() == 1)

    assert done["state"] == "failed"
    assert done["failure"]["type"] == "UnknownService"
    assert "Retry it later" in done["failure"]["detail"]


@pytest.mark.nightly
def test_a_silent_queue_of_callbacks_holds_back_no_other_job(peers, store_uri):
    with peers.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare("jobs.events", "topic", durable=True, auto_delete=False)
        quorum = {"x-queue-type": "quorum"}
        channel.queue_declare(CALLBACK_QUEUE, durable=True, auto_delete=False, arguments=quorum)
        channel.queue_bind(CALLBACK_QUEUE, "jobs.events", "callback_due")
    callback = {"url": "https://example.com/", "events": ["job.complete"]}
    job = {"id": str(uuid_utils.uuid7()), "client": "ana", "request": {"city": "Recife"}}
    with (
        serving(peers, "jobs", JOBS_STORE=store_uri, JOBS_CALLBACKS="true"),
        serving(peers, "playlists"),
        silent_leader(peers, CALLBACK_QUEUE),
    ):
        call(peers, "jobs.accept", job | {"callback": callback})
        ended(peers, job["id"])  # its callback is the first on its channel, which waits for 65 s

        other = accept(peers, city="Recife")["id"]

        eventually(lambda: call_jobs(peers, "get", other)["result"]["state"] == "complete", 45)
