"""How a gateway in production ends: by a signal, by a dead or stuck worker, by SIGKILL."""

import os
import signal

from mare.processes.tcp_ports import free_port, is_free
from mare_gateway.health import HEARTBEAT_SECONDS
from tests.integration.gateway.http_client import Http
from tests.proc import children, threads_that_take
from tests.vhost import eventually


def test_it_stops_at_once_while_a_worker_loads(vhost, run_gateway):
    port, health_port = free_port(), free_port()
    http = Http(port, health_port)
    process = run_gateway(
        port,
        AMQP_URI=vhost.amqp_uri,
        GATEWAY_HEALTH_PORT=str(health_port),
        GATEWAY_GRACEFUL_TIMEOUT="300",
    )
    eventually(lambda: http.status("/livez") == 200)  # the parent answers before the worker

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0  # without the worker's reaction it takes 300 s


def test_a_worker_that_dies_ends_the_gateway(vhost, start):
    process, _ = start(vhost)
    (worker,) = children(process.pid)

    os.kill(worker, signal.SIGKILL)

    assert process.wait(20) == 1


def test_a_worker_that_is_stuck_is_not_alive_and_a_kill_of_the_gateway_ends_it(vhost, start):
    process, http = start(vhost)
    (worker,) = children(process.pid)

    os.kill(worker, signal.SIGSTOP)
    eventually(lambda: http.status("/livez") == 503, HEARTBEAT_SECONDS + 20)
    process.kill()

    eventually(lambda: is_free(http.port), 20)


def test_one_thread_of_each_process_waits_for_the_signals_that_end_it(vhost, start):
    process, _ = start(vhost)
    (worker,) = children(process.pid)
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    assert [threads_that_take(each, process.pid) for each in signals] == [1, 1, 0]
    assert [threads_that_take(each, worker) for each in signals] == [1, 0, 0]


def test_a_worker_that_gets_ctrl_c_before_its_parent_has_not_died(vhost, start):
    process, http = start(vhost)
    (worker,) = children(process.pid)

    os.kill(worker, signal.SIGINT)
    assert http.status("/docs") == 200
    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 0
