import contextlib
import os
import subprocess
import sys

import pytest

from tests.integration.runtime_client.stock import stock_services


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
