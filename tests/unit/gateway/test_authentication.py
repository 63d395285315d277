"""Who a client is, and what it may do."""

from datetime import UTC, datetime

import pytest

from mare_gateway.clients import Authenticator
from mare_gateway.keys import KeySet, new_key
from mare_gateway.settings import Settings
from tests.unit.gateway.conftest import JOB

READING = "/v1/weather?city=Recife"
JOB_PATH = f"/v1/jobs/{JOB['id']}"


@pytest.fixture
def made(tmp_path):
    """The keys of two clients, and the file with their hashes."""
    now = datetime.now(UTC)
    reader, read = new_key("reader", ("read",), now)
    worker, work = new_key("worker", ("jobs",), now)
    file = tmp_path / "keys.json"
    file.write_bytes(KeySet([read, work]).write())
    return {"file": str(file), "reader": reader, "worker": worker}


@pytest.fixture
def keyed(make_client, made):
    return make_client(GATEWAY_KEYS_FILE=made["file"])


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def test_without_a_file_of_keys_every_client_may_do_everything(client, rpc):
    assert client.get(READING, headers=bearer("nonsense")).status_code == 200
    assert client.get(JOB_PATH).status_code == 200
    assert rpc.calls[-1].request == {"id": JOB["id"], "client": ""}


def test_with_keys_an_anonymous_client_may_only_read(keyed, problem):
    assert keyed.get(READING).status_code == 200

    refusal = problem(JOB_PATH, using=keyed)

    assert (refusal.status, refusal.code) == (401, "key_required")
    assert refusal.response.headers["WWW-Authenticate"] == 'Bearer realm="mare"'


def test_the_scopes_of_anonymous_clients_are_a_setting(make_client, made):
    client = make_client(GATEWAY_KEYS_FILE=made["file"], GATEWAY_ANONYMOUS_SCOPES="jobs")

    assert client.get(READING).status_code == 401
    assert client.get(JOB_PATH).status_code == 200


def test_shared_caches_keep_only_what_needs_no_key(keyed, make_client, made):
    closed = make_client(GATEWAY_KEYS_FILE=made["file"], GATEWAY_ANONYMOUS_SCOPES="jobs")
    headers = bearer(made["reader"])

    assert keyed.get(READING, headers=headers).headers["Cache-Control"].startswith("public, ")
    assert closed.get(READING, headers=headers).headers["Cache-Control"].startswith("private, ")


@pytest.mark.parametrize("header", ["Bearer mare_x", "Bearer ", "Basic YTpi", "mare_x", ""])
def test_an_invalid_key_is_refused_wherever_it_is_sent(keyed, problem, rpc, header):
    refusal = problem(READING, using=keyed, headers={"Authorization": header})

    assert (refusal.status, refusal.code) == (401, "invalid_key")
    assert "invalid_token" in refusal.response.headers["WWW-Authenticate"]
    assert rpc.calls == []


def test_a_key_allows_what_its_scopes_permit(keyed, made, problem):
    reader, worker = bearer(made["reader"]), bearer(made["worker"])

    assert keyed.get(READING, headers=reader).status_code == 200
    assert problem(JOB_PATH, using=keyed, headers=reader).code == "insufficient_scope"
    assert problem(READING, using=keyed, headers=worker).status == 403
    assert keyed.get(JOB_PATH, headers=worker).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_submitting_a_job_needs_the_scope_of_jobs(keyed, made, method):
    options = {"json": {"city": "Recife"}} if method == "post" else {}
    headers = {"Prefer": "respond-async"} | bearer(made["reader"])

    response = getattr(keyed, method)("/v1/playlists?city=Recife", headers=headers, **options)

    assert response.status_code == 403


def test_the_owner_of_a_job_is_the_name_of_the_key(keyed, made, rpc):
    headers = bearer(made["worker"]) | {"Idempotency-Key": "order-1"}

    keyed.post("/v1/playlists", json={"city": "Recife"}, headers=headers)
    keyed.delete(JOB_PATH, headers=headers)

    submitted, cancelled = (call.request for call in rpc.calls)
    assert (submitted["client"], submitted["idempotency_key"]) == ("worker", "order-1")
    assert cancelled == {"id": JOB["id"], "client": "worker"}


@pytest.mark.parametrize(
    ("environ", "with_key", "expected"),
    [
        ({}, False, True),
        ({"GATEWAY_HOST": "0.0.0.0"}, False, False),
        ({"GATEWAY_KEYS_FILE": "made"}, False, False),
        ({"GATEWAY_KEYS_FILE": "made", "GATEWAY_HOST": "0.0.0.0"}, True, True),
    ],
)
def test_jobs_are_listed_for_the_owner_of_a_key_or_of_the_machine(
    made, environ, with_key, expected
):
    environ = {name: made["file"] if value == "made" else value for name, value in environ.items()}
    authenticator = Authenticator(Settings.from_env(environ))

    header = f"Bearer {made['worker']}" if with_key else None

    assert authenticator.identify(header, "127.0.0.1").may_list_jobs is expected
