from types import SimpleNamespace

import pytest

from mare_gateway.app import create_app
from mare_gateway.settings import Settings
from tests.fakes.suggestions import job, place
from tests.unit.gateway.fake_rpc import FakeRpc

PLACE = place("Recife")
SUGGESTION = {"place": PLACE, "playlist": {"name": "Sol e maré"}, "degraded": []}
JOB = job()


@pytest.fixture
def rpc():
    return FakeRpc(
        {
            "playlists.suggest": SUGGESTION,
            "weather.search": {"places": [PLACE], "attribution": []},
            "weather.report": {"place": PLACE, "degraded": []},
            "jobs.accept": JOB,
            "jobs.get": {**JOB, "state": "complete", "result": SUGGESTION},
            "jobs.cancel": {**JOB, "state": "cancelled"},
            "jobs.retry": {**JOB, "attempt": 2},
        }
    )


@pytest.fixture
def make_client(rpc):
    def make(**environ):
        # Most tests change what a service answers to the same question.
        app = create_app(Settings.from_env({"GATEWAY_CACHE_BYTES": "0"} | environ), rpc)
        return app.test_client()

    return make


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def problem(client):
    """Ask and return the problem that comes back, with its response."""

    def get(path, *, using=client, **options):
        response = using.get(path, **options)
        assert response.content_type == "application/problem+json"
        document = response.get_json()
        assert document["status"] == response.status_code
        return SimpleNamespace(response=response, **document)

    return get
