import time
from types import SimpleNamespace

import pytest

from mare_gateway import health
from mare_gateway.health import HEARTBEAT_SECONDS, HealthChecks
from mare_gateway.metrics import Metrics
from mare_nameko.client import CallTimedOut, RemoteError
from tests.fakes.clock import Clock


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def get(metrics):
    """Request a path of the probe listener; return the status code and the text."""
    app = HealthChecks(metrics.registry).app()

    def get(path):
        started = []
        body = b"".join(
            app(
                {"REQUEST_METHOD": "GET", "PATH_INFO": path},
                lambda *response: started.append(response),
            )
        )
        return int(started[0][0][:3]), body.decode()

    return get


@pytest.fixture
def age_heartbeat(metrics, monkeypatch):
    clock = Clock(time.time())  # as that of the reports
    monkeypatch.setattr(health, "time", SimpleNamespace(time=clock))
    return lambda seconds: metrics.heartbeat.set(clock.now - seconds)


def test_a_worker_is_alive_while_it_reports(get, metrics, rpc, age_heartbeat):
    metrics.report(rpc)
    assert get("/livez") == (200, "ok\n")

    age_heartbeat(HEARTBEAT_SECONDS - 1)
    assert get("/livez")[0] == 200

    age_heartbeat(HEARTBEAT_SECONDS + 1)
    assert get("/livez") == (503, "no heartbeat of a worker for 11 s\n")
    assert get("/readyz")[0] == 503


def test_a_client_whose_thread_died_reports_no_heartbeat(get, metrics, rpc, age_heartbeat):
    age_heartbeat(HEARTBEAT_SECONDS + 1)
    rpc.alive = False

    metrics.report(rpc)

    assert get("/livez")[0] == 503


def test_the_gateway_is_alive_but_not_ready_before_the_first_report(get):
    assert get("/livez")[0] == 200
    assert get("/readyz")[0] == 503


def test_the_gateway_is_ready_when_calls_can_be_made(get, metrics, rpc):
    rpc.ready = False
    metrics.report(rpc)
    assert get("/readyz") == (
        503,
        "not connected to the broker, or the broker is in alarm and takes no messages\n",
    )
    assert get("/livez")[0] == 200

    rpc.ready = True
    metrics.report(rpc)
    assert get("/readyz") == (200, "ok\n")


def test_other_paths_do_not_exist(get):
    assert get("/v1/weather")[0] == 404


def test_the_state_of_the_client_is_in_the_metrics(get, metrics, rpc):
    rpc.in_flight, rpc.connections = 3, 1
    metrics.report(rpc)
    rpc.connections = 2
    metrics.report(rpc)

    _, text = get("/metrics")

    assert "gateway_rpc_in_flight 3.0" in text
    assert "gateway_rpc_ready 1.0" in text
    assert "gateway_rpc_connections_total 2.0" in text


@pytest.fixture
def sample(client):
    """Return the value of a sample of the application's metrics."""
    registry = client.application.extensions["metrics"].registry
    return lambda name, **labels: registry.get_sample_value(name, labels)


def test_metrics_count_requests_by_route_and_calls_by_outcome(client, rpc, sample):
    client.get("/v1/weather?city=Recife")
    rpc.answers["weather.report"] = CallTimedOut("too long")
    client.get("/v1/weather?city=Recife")
    client.get("/nothing")

    def requests(route, status):
        name = "gateway_http_request_duration_seconds_count"
        return sample(name, method="GET", route=route, status=status)

    def calls(outcome):
        return sample(
            "gateway_rpc_duration_seconds_count", target="weather.report", outcome=outcome
        )

    assert requests("/v1/weather", "200") == 1
    assert requests("/v1/weather", "504") == 1
    assert requests("none", "404") == 1
    assert calls("ok") == calls("CallTimedOut") == 1


def test_unknown_errors_of_a_service_make_no_new_series(client, rpc, sample):
    for number in range(5):
        rpc.answers["weather.report"] = RemoteError(f"Error{number}")
        client.get("/v1/weather?city=Recife")

    labels = {"target": "weather.report", "outcome": "RemoteError"}
    assert sample("gateway_rpc_duration_seconds_count", **labels) == 5


def test_unknown_methods_and_paths_make_no_new_series(client, sample):
    for number in range(5):
        client.open(f"/x{number}", method=f"BREW{number}")

    name = "gateway_http_request_duration_seconds_count"
    assert sample(name, method="other", route="none", status="404") == 5
