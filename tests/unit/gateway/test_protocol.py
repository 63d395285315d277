"""Rules of HTTP that neither Flask nor granian keeps."""

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

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
