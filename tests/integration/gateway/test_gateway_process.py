"""The gateway as in production: ``python -m mare_gateway``, real sockets, stock services."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.proc import children, pending_signals
from tests.vhost import becomes, eventually


def test_metrics_of_several_processes_are_added_up(vhost, run_services, start):
    run_services(vhost, "weather")
    process, http = start(vhost, GATEWAY_PROCESSES="2")

    for _ in range(30):
        assert http.status("/v1/weather?city=Recife") == 200

    metrics = http.get("/metrics").text
    count = 'gateway_rpc_duration_seconds_count{outcome="ok",target="weather.report"} 30.0'
    assert len(children(process.pid)) == 2
    assert count in metrics
    eventually(lambda: "gateway_rpc_connections_total 2.0" in http.get("/metrics").text)
    assert process.terminate() is None
    assert process.wait(60) == 0


def held(http):
    """Ask something that is answered after :func:`release`."""
    return http.get("/v1/weather", params={"city": "Recife", "state": "held"})


def release(vhost):
    vhost.publish(
        b'{"args": [], "kwargs": {}}',
        exchange="nameko-rpc",
        routing_key="weather.release",
        content_type="application/json",
        content_encoding="utf-8",
        reply_to="absent",
        correlation_id="1",
    )


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


def test_it_stops_gracefully_and_leaves_no_queue(vhost, run_services, start):
    run_services(vhost, "weather")
    before = set(vhost.queues())
    process, http = start(vhost)
    becomes(lambda: len(vhost.queues()), len(before) + 1)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(held, http)
        eventually(lambda: "gateway_rpc_in_flight 1.0" in http.get("/metrics").text)
        process.send_signal(signal.SIGTERM)
        becomes(lambda: http.status("/docs"), None)  # it accepts no more
        release(vhost)

        assert running.result().status_code == 200
    assert process.wait(60) == 0
    assert http.status("/livez") is None
    eventually(lambda: set(vhost.queues()) == before)


def test_a_worker_that_gets_sigterm_again_answers_its_requests(vhost, run_services, start):
    run_services(vhost, "weather")
    process, http = start(vhost)
    (worker,) = children(process.pid)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(held, http)
        eventually(lambda: "gateway_rpc_in_flight 1.0" in http.get("/metrics").text)
        os.kill(worker, signal.SIGTERM)
        becomes(lambda: http.status("/docs"), None)
        process.send_signal(signal.SIGTERM)
        # The parent sends it to the worker, too.
        becomes(lambda: pending_signals(worker), {signal.SIGTERM})
        release(vhost)

        assert running.result().status_code == 200
    assert process.wait(60) == 0


def test_more_requests_than_it_can_work_on_are_refused_while_probes_are_answered(
    vhost, run_services, start
):
    run_services(vhost, "weather")
    _, http = start(vhost, GATEWAY_THREADS="4", GATEWAY_MAX_IN_FLIGHT="2")
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(held, http) for _ in range(2)]
        eventually(lambda: "gateway_rpc_in_flight 2.0" in http.get("/metrics").text)

        refused = http.get("/v1/weather?city=Recife")

        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert refused.headers["Retry-After"] == "1"
        assert http.status("/livez") == 200
        assert not any(each.done() for each in running)
        release(vhost)
        assert [each.result().status_code for each in running] == [200, 200]


def test_a_port_that_is_taken_is_reported(vhost, start, run_gateway):
    _, http = start(vhost)

    process = run_gateway(int(http.base.rpartition(":")[2]), errors=True)
    _, errors = process.communicate(timeout=90)

    assert process.returncode == 1
    assert "GATEWAY_PORT" in errors
    assert "Address already in use" in errors
