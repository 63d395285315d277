"""Rules of HTTP that neither Flask nor granian keeps."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from mare_gateway.app import create_app
from mare_gateway.protocol import MAX_HEADERS, MAX_URL
from mare_gateway.settings import Settings
from tests.unit.gateway.fake_rpc import FakeRpc
from tests.unit.gateway.test_asgi import ask

PATH = "/v1/places?q=rec"


@pytest.mark.parametrize(
    ("protocol", "status"), [("HTTP/1.1", "400 BAD REQUEST"), ("HTTP/1.0", "200 OK")]
)
def test_only_http_1_0_needs_no_host(client, protocol, status):
    environ = EnvironBuilder(PATH).get_environ() | {"SERVER_PROTOCOL": protocol}
    del environ["HTTP_HOST"]

    _, answered, headers = run_wsgi_app(client.application.wsgi_app, environ)

    assert answered == status
    assert headers["X-Request-Id"]


@pytest.mark.parametrize("host", ["", "one.example,other.example"])  # as granian passes it
def test_no_host_and_several_are_refused_whether_an_answer_is_cached_or_not(make_client, host):
    client = make_client(GATEWAY_CACHE_BYTES="1000000")
    environ = EnvironBuilder(PATH).get_environ() | {"SERVER_PROTOCOL": "HTTP/1.1"}

    for _ in range(2):
        _, answered, _ = run_wsgi_app(client.application.wsgi_app, environ | {"HTTP_HOST": host})
        assert answered == "400 BAD REQUEST"
        assert client.get(PATH).status_code == 200


@pytest.mark.parametrize("path", ["//v1/places?q=rec", "/v1//places?q=rec", "///evil.example/"])
def test_several_slashes_lead_nowhere(client, path):
    response = client.get(path, base_url="http://evil.example")

    assert response.status_code == 404
    assert "Location" not in response.headers


def test_options_lists_the_methods_and_has_no_content(client):
    response = client.options("/v1/playlists?city=Recife")

    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Length" not in response.headers
    assert set(response.allow) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    ("path", "code"), [("/v1/places", "headers_too_large"), (f"/{'x' * MAX_URL}", "url_too_long")]
)
def test_a_long_head_is_refused(problem, path, code):
    for headers in ({"X-Long": "x" * MAX_HEADERS}, {"X" * MAX_HEADERS: "x"}):
        assert problem(path, headers=headers).code == code


@pytest.mark.parametrize("field", [(b"x-long", b"x" * MAX_HEADERS), (b"x" * MAX_HEADERS, b"x")])
def test_long_header_fields_are_refused_whether_an_answer_is_cached_or_not(make_client, field):
    client = make_client(GATEWAY_CACHE_BYTES="1000000")

    for _ in range(2):
        assert ask(client, PATH, headers=[field])[0] == 431
        assert ask(client, PATH)[0] == 200


@pytest.fixture(scope="module")
def two_clients():
    """A gateway that has cached the answer to PATH, and one that has not."""
    rpc = FakeRpc({"weather.search": {"places": [], "attribution": []}})
    environ = {"GATEWAY_TRUSTED_PROXIES": "1"}
    clients = [
        create_app(Settings.from_env(environ | {"GATEWAY_CACHE_BYTES": size}), rpc).test_client()
        for size in ("1000000", "0")
    ]
    assert clients[0].get(PATH).status_code == 200
    return clients


VALUES = st.one_of(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40
    ),
    st.sampled_from(["x" * 20_000, "192.0.2.1", '"', "one.example,other.example", "respond-async"]),
)
NAMES = st.sampled_from(
    [
        "Host",
        "X-Forwarded-For",
        "X-Long",
        "Cookie",
        "Accept",
        "Origin",
        "traceparent",
        "X-Request-Id",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(headers=st.dictionaries(NAMES, VALUES), method=st.sampled_from(["GET", "HEAD", "OPTIONS"]))
def test_an_answer_is_the_same_whether_it_is_cached_or_not(two_clients, headers, method):
    fields = [(name.lower().encode(), text.encode("latin-1")) for name, text in headers.items()]

    statuses = {ask(each, PATH, method=method, headers=fields)[0] for each in two_clients}

    assert len(statuses) == 1
