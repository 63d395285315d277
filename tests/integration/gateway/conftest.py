import contextlib
import os
import subprocess
import sys

import pytest

from mare.processes.tcp_ports import free_port
from tests.integration.gateway.http_client import Http
from tests.integration.runtime_client.stock import stock_services
from tests.vhost import eventually


@pytest.fixture
def run_services():
    """Run stock services until the end of the test, or until their process is ended."""
    with contextlib.ExitStack() as stack:
        yield lambda vhost, *names: stack.enter_context(stock_services(vhost, *names))


@pytest.fixture
def run_gateway():
    """Run the real gateway in a process of its own until the end of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda port, **options: stack.enter_context(gateway(port, **options))


@pytest.fixture
def start(run_gateway):
    """Start a gateway that is ready, and return its process and a client for it."""

    def start_gateway(vhost, **environ):
        port, health_port = free_port(), free_port()
        patient = {"GATEWAY_TIMEOUT": "55", "GATEWAY_GRACEFUL_TIMEOUT": "300"}
        ports = {"GATEWAY_CACHE_BYTES": "0", "GATEWAY_HEALTH_PORT": str(health_port)}
        environ = ports | patient | environ
        process = run_gateway(port, AMQP_URI=vhost.amqp_uri, **environ)
        http = Http(port, health_port)
        eventually(lambda: http.status("/readyz") == 200 and http.status("/docs") == 200)
        return process, http

    return start_gateway


@contextlib.contextmanager
def gateway(port, *, errors=False, **environ):
    ports = {"GATEWAY_PORT": str(port), "GATEWAY_HEALTH_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "mare_gateway"],
        env={"PATH": os.environ["PATH"], **ports, **environ},
        stderr=subprocess.PIPE if errors else subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=90)
