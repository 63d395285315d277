"""The gateway as in production: ``python -m mare_gateway``, real sockets, stock services."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from mare.processes.tcp_ports import free_port
from tests.vhost import eventually


class Http:
    """Asks one gateway."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"

    def get(self, path, **options):
        return requests.get(self.base + path, timeout=60, **options)

    def status(self, path):
        try:
            return self.get(path).status_code
        except requests.ConnectionError:
            return None


@pytest.fixture
def start(run_gateway):
    """Start a gateway that is ready, and return its process and a client for it."""

    def start_gateway(vhost, **environ):
        port = free_port()
        process = run_gateway(port, AMQP_URI=vhost.amqp_uri, **environ)
        http = Http(port)
        eventually(lambda: http.status("/readyz") == 200)
        return process, http

    return start_gateway


def test_what_an_ingress_leads_to_has_no_metrics_if_there_is_a_second_port(vhost, start):
    health = free_port()
    _, http = start(vhost, GATEWAY_HEALTH_PORT=str(health))

    assert http.status("/metrics") == 404
    assert Http(health).status("/readyz") == 200
    metrics = Http(health).get("/metrics", headers={"Host": "somewhere.example:5000"})
    assert "gateway_rpc_ready 1.0" in metrics.text
    forged = http.get("/metrics", headers={"Host": f"127.0.0.1:{health}"})
    assert forged.status_code == 404


def slow(http, seconds):
    """Ask something that takes a while."""
    return http.get("/v1/weather", params={"city": "Recife", "state": str(seconds)})


def test_answers_problems_and_probes_over_real_sockets(vhost, run_services, start):
    run_services(vhost, "weather")
    _, http = start(vhost)

    report = http.get("/v1/weather?city=Recife")
    unknown = http.get("/v1/weather?city=Atlantis")
    unchanged = http.get(
        "/v1/weather?city=Recife", headers={"If-None-Match": report.headers["ETag"]}
    )
    head = requests.head(f"{http.base}/v1/weather?city=Recife", timeout=30)

    assert report.json()["place"]["name"] == "Recife"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "place_not_found")
    assert unknown.json()["suggestions"][0]["name"] == "Recife"
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(report.content))
    assert http.status("/livez") == 200
    assert 'route="/v1/weather",status="200"' in http.get("/metrics").text
    assert http.get("/docs").status_code == 200


def test_an_address_of_ten_kilobytes_is_refused_with_a_problem(vhost, start):
    _, http = start(vhost)

    response = http.get("/v1/weather", params={"city": "x" * 10_240})

    assert response.status_code == 414
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "uri_too_long"


def test_it_stops_gracefully_and_leaves_no_queue(vhost, run_services, start):
    run_services(vhost, "weather")
    before = set(vhost.queues())
    process, http = start(vhost, GATEWAY_TIMEOUT="40")
    assert len(vhost.queues()) == len(before) + 1
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(slow, http, 8.0)
        eventually(lambda: "gateway_rpc_in_flight 1.0" in http.get("/metrics").text)
        process.send_signal(signal.SIGTERM)

        assert running.result().status_code == 200
    assert process.wait(40) == 0
    assert http.status("/livez") is None
    eventually(lambda: set(vhost.queues()) == before)


def test_more_requests_than_it_can_work_on_are_refused_while_probes_are_answered(
    vhost, run_services, start
):
    run_services(vhost, "weather")
    _, http = start(vhost, GATEWAY_THREADS="4", GATEWAY_MAX_IN_FLIGHT="2", GATEWAY_TIMEOUT="40")
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(slow, http, 8.0) for _ in range(2)]
        eventually(lambda: "gateway_rpc_in_flight 2.0" in http.get("/metrics").text)

        refused = http.get("/v1/weather?city=Recife")

        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert refused.headers["Retry-After"] == "1"
        assert http.status("/livez") == 200
        assert not any(each.done() for each in running)
        assert [each.result().status_code for each in running] == [200, 200]


def test_more_connections_than_threads_share_the_threads(vhost, run_services, start):
    run_services(vhost, "weather")
    _, http = start(vhost, GATEWAY_THREADS="3", GATEWAY_MAX_IN_FLIGHT="2")

    def ask_often(_):
        with requests.Session() as session:
            url = f"{http.base}/openapi.json"
            return [session.get(url, timeout=60).status_code for _ in range(20)]

    with ThreadPoolExecutor(9) as threads:
        assert list(threads.map(ask_often, range(9))) == [[200] * 20] * 9


def test_a_request_ends_at_its_deadline(vhost, run_services, start):
    run_services(vhost, "weather")
    _, http = start(vhost, GATEWAY_TIMEOUT="0.5")

    started = time.monotonic()
    response = slow(http, 9)

    assert (response.status_code, response.json()["code"]) == (504, "service_timeout")
    assert time.monotonic() - started < 8.5  # the service answers after 9 s


def test_when_the_service_is_killed_requests_fail_clearly_until_another_comes(
    vhost, run_services, start
):
    service = run_services(vhost, "weather")
    _, http = start(vhost, GATEWAY_NO_CONSUMERS_GRACE="0.3")
    assert http.status("/v1/weather?city=Recife") == 200

    service.kill()
    service.wait()
    eventually(lambda: vhost.depth("rpc-weather").consumers == 0)
    started = time.monotonic()
    problem = http.get("/v1/weather?city=Recife").json()
    seconds = time.monotonic() - started

    assert (problem["status"], problem["code"]) == (503, "service_unavailable")
    assert seconds < 9.5  # a request has 10 s
    assert http.status("/readyz") == 200
    run_services(vhost, "weather")
    eventually(lambda: http.status("/v1/weather?city=Recife") == 200)


def test_bad_settings_are_told_and_nothing_starts(run_gateway):
    process = run_gateway(5000, GATEWAY_THREADS="none", AMQP_URI="http://u:s3cret@h")

    _, errors = process.communicate(timeout=90)

    assert process.returncode == 1
    assert "GATEWAY_THREADS" in errors
    assert "AMQP_URI" in errors
    assert "s3cret" not in errors
