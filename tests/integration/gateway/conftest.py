import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mare_nameko.client import Options, RpcClient, parse_uri
from tests.vhost import Vhost, eventually

STOCK = Path(__file__).with_name("stock_service.py")


@contextlib.contextmanager
def stock_services(vhost, *names):
    """Run stock Nameko services in a process and yield it when they consume."""
    process = subprocess.Popen(
        [sys.executable, STOCK, vhost.amqp_uri, *names], stderr=subprocess.DEVNULL
    )
    try:
        for name in names:
            eventually(lambda name=name: consumes(vhost, name))
        yield process
    finally:
        process.kill()
        process.wait()


def consumes(vhost, service):
    queue = f"rpc-{service}"
    return queue in vhost.queues() and vhost.depth(queue).consumers > 0


@pytest.fixture
def make_client():
    """Make clients that are connected, and close them after the test."""
    clients = []

    def make(uri, **options):
        client = RpcClient(Options(endpoints=parse_uri(uri), name="test", **options))
        clients.append(client)
        client.start()
        eventually(lambda: client.ready)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def echo(rabbitmq):
    """A virtual host in which a stock service called echo runs."""
    vhost = Vhost(rabbitmq, "gateway-echo")
    with stock_services(vhost, "echo"):
        yield vhost
    vhost.delete()


@pytest.fixture
def client(echo, make_client):
    return make_client(echo.amqp_uri)


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
