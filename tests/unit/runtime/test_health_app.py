"""The health endpoints as a WSGI application."""

import pytest
from prometheus_client import CollectorRegistry

from mare_nameko.health_app import HealthApp


def send_request(app, path, method="GET"):
    answered = {}

    def start_response(status, headers):
        answered["status"] = status
        answered["headers"] = dict(headers)

    body = b"".join(app({"REQUEST_METHOD": method, "PATH_INFO": path}, start_response))
    return answered["status"], answered["headers"], body.decode()


@pytest.fixture
def app():
    return HealthApp(list, lambda: ["starting", "not connected"], CollectorRegistry())


def test_a_process_without_liveness_failures_is_alive(app):
    status, headers, body = send_request(app, "/livez")

    assert (status, body) == ("200 OK", "ok\n")
    assert headers["Cache-Control"] == "no-store"


def test_readiness_failures_are_the_body_of_the_answer(app):
    assert send_request(app, "/readyz")[::2] == (
        "503 Service Unavailable",
        "starting; not connected\n",
    )


def test_a_head_request_gets_no_body(app):
    _, headers, body = send_request(app, "/readyz", "HEAD")

    assert body == ""
    assert headers["Content-Length"] == "24"


def test_other_methods_and_paths_are_refused(app):
    assert send_request(app, "/livez", "POST")[0] == "405 Method Not Allowed"
    assert send_request(app, "/")[0] == "404 Not Found"
