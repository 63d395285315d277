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
        yield lambda port, *program, **environ: stack.enter_context(
            gateway(port, *program, **environ)
        )


@contextlib.contextmanager
def gateway(port, *program, **environ):
    process = subprocess.Popen(
        [sys.executable, *(program or ("-m", "mare_gateway"))],
        env={"PATH": os.environ["PATH"], "GATEWAY_PORT": str(port), **environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()  # not kill: its worker would wait for idle connections
        process.communicate(timeout=35)
