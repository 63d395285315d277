from types import SimpleNamespace

import pytest

from mare_gateway.app import create_app
from mare_gateway.settings import Settings
from tests.unit.gateway.fake_rpc import FakeRpc

PLACE = {
    "id": 3390760,
    "name": "Recife",
    "admin1": "Pernambuco",
    "country_code": "BR",
    "latitude": -8.05,
    "longitude": -34.88,
    "timezone": "America/Recife",
    "population": 1478098,
}
SUGGESTION = {"place": PLACE, "playlist": {"name": "Sol e maré"}, "degraded": []}


@pytest.fixture
def rpc():
    return FakeRpc(
        {
            "playlists.suggest": SUGGESTION,
            "weather.search": {"places": [PLACE], "attribution": []},
            "weather.report": {"place": PLACE, "degraded": []},
        }
    )


@pytest.fixture
def make_client(rpc):
    def make(**environ):
        app = create_app(Settings.from_env(environ), rpc)
        return app.test_client()

    return make


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def problem(client):
    """Ask and return the problem that comes back, with its response."""

    def ask(path, *, using=client, **options):
        response = using.get(path, **options)
        assert response.content_type == "application/problem+json"
        document = response.get_json()
        assert document["status"] == response.status_code
        return SimpleNamespace(response=response, **document)

    return ask
