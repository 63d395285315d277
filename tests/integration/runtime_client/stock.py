"""Runs stock Nameko services in a process of their own."""

import contextlib
import subprocess
import sys
from pathlib import Path

from tests.vhost import eventually

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
