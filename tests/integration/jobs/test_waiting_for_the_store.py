"""The service starts before its store, or with a store that has to be repaired first."""

import pytest

from tests.integration.runtime.calling import Caller
from tests.integration.runtime.launching import Launched
from tests.postgresql import PostgreSqlServer
from tests.vhost import eventually

pytestmark = pytest.mark.broker


@pytest.fixture
def launch(vhost, tmp_path):
    launched = []

    def start(store):
        service = "mare_services.jobs.service:JobsService"
        launched.append(Launched("runtime", service, vhost.amqp_uri, tmp_path, JOBS_STORE=store))
        return launched[-1]

    yield start
    for each in launched:
        each.kill()


def waits(service):
    """Return the causes that the service has logged."""
    words = "Waiting for the store of the jobs: "
    messages = [line["message"] for line in service.lines() if line["level"] == "WARNING"]
    return [text.removeprefix(words) for text in messages if text.startswith(words)]


def assert_waits_for(service, cause):
    eventually(lambda: service.log() and any(cause in text for text in waits(service)))
    assert service.get("/livez")[0] == 200
    assert service.get("/readyz") == (503, "starting; not connected to the broker\n")


def test_it_waits_until_the_server_listens_and_answers_again_after_an_outage(launch, vhost):
    with PostgreSqlServer() as server, Caller(vhost) as caller:
        store = server.new_database().replace("mare@", "mare:secret@")
        server.kill()
        service = launch(store)
        assert_waits_for(service, "Connection refused")
        server.start()

        service.wait_ready()

        assert len([text for text in waits(service) if "Connection refused" in text]) == 1
        query = {"id": "1", "client": "ana"}

        def error():
            return caller.call("jobs.get", query)["exc_type"]

        assert error() == "JobNotFound"
        server.kill()
        # Each of the native threads fails more than once.
        outage = {error() for _ in range(60)}
        server.start()

        assert outage == {"StoreUnavailable"}
        assert [error() for _ in range(60)] == ["JobNotFound"] * 60
        assert "Traceback" not in service.log()
        assert "secret" not in service.log()
        query["id"] = "\0"  # the store cannot have such an id, which is no outage
        assert error() == "DataError"


@pytest.mark.nightly
def test_it_answers_again_after_the_server_was_stopped(launch, vhost):
    with PostgreSqlServer() as server, Caller(vhost) as caller:
        service = launch(server.new_database()).wait_ready()
        query = {"id": "1", "client": "ana"}

        def errors(calls):
            sent = [caller.send("jobs.get", query) for _ in range(calls)]
            return {caller.answer(each)["error"]["exc_type"] for each in sent}

        assert errors(60) == {"JobNotFound"}
        with server.stopped():
            outage = errors(20)
            status, _ = service.get("/livez")

        assert (outage, status) == ({"StoreUnavailable"}, 200)
        assert errors(60) == {"JobNotFound"}


@pytest.mark.parametrize(
    ("user", "cause", "repair"),
    [
        ("mare", 'database "{}" does not exist', "CREATE DATABASE {}"),
        (
            "guarded:secret",
            'password authentication failed for user "guarded"',
            "CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'secret'; CREATE DATABASE {}",
        ),
    ],
)
def test_it_waits_until_the_store_is_repaired(user, cause, repair, launch, postgresql):
    name = f"repaired_{user[:4]}"
    service = launch(postgresql.uri(name, user))
    assert_waits_for(service, cause.format(name))

    for statement in repair.format(name).split("; "):
        postgresql.execute(statement)

    service.wait_ready()
    assert "secret" not in service.log()


def test_a_signal_ends_the_wait(launch):
    service = launch("postgresql://mare:secret@127.0.0.1:1/jobs")
    assert_waits_for(service, "Connection refused")

    service.terminate()

    assert service.wait(20) == 0


def test_a_malformed_address_is_a_wrong_setting(launch):
    service = launch("postgresql://mare:secret word@host/jobs")

    assert service.wait(60) == 2
    assert "JOBS_STORE" in service.log()
    assert "secret" not in service.log()
