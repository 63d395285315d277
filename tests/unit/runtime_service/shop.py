"""A service with entrypoints and dependencies of each kind, which runs in a process of its own."""

import math
import os
import sys

import eventlet
from kombu import Exchange, Queue

from mare_nameko.service import (
    RpcProxy,
    consume,
    event_handler,
    registration,
    rpc,
    runner,
    timer,
)
from tests.integration.runtime.subjects import Front, Listener, Worker, note

registration.REGISTER_SECONDS = float(os.environ.get("REGISTER_SECONDS", "30"))
runner.ENDING_SECONDS = 2.0

ORDERS = Queue("orders", Exchange("orders", type="direct"), routing_key="order")


class Shop(Worker, Front, Listener):
    """Calls a worker, which the test plays, and handles what the test publishes."""

    name = "shop"
    hasty = RpcProxy("worker", timeout=0.2)
    can_be_made = True

    def __init__(self):
        if not Shop.can_be_made:
            Shop.can_be_made = True
            raise RuntimeError("not made")

    @rpc
    def spoil(self):
        """Let the next worker have no service."""
        Shop.can_be_made = False

    @rpc
    def hurry(self):
        return self.hasty.echo(1)

    @rpc(expected_exceptions=KeyError)
    def miss(self):
        raise KeyError("missing")

    @rpc
    def wait_for_killed(self):
        thread = eventlet.spawn(eventlet.sleep, 60)
        thread.kill()
        thread.wait()

    @rpc
    def leave(self):
        sys.exit(3)

    @rpc
    def measure(self):
        return {"celsius": math.nan}

    @event_handler("front", "hopeless", on_give_up="on_hopeless_given_up")
    def on_hopeless(self, data):
        raise LookupError(data)

    def on_hopeless_given_up(self, data, error):
        note(f"gave up {data}: {type(error).__name__}")

    @consume(ORDERS)
    def on_order(self, body):
        note(f"order {body}")


class Clock:
    """Works only by a timer."""

    name = "clock"
    worker = RpcProxy("worker")

    @timer(interval=0.05)
    def tick(self):
        note("tick")
        self.worker.echo(1)
