"""Services under test; they run on the runtime and on stock Nameko alike."""

import os
import signal
import time
from datetime import datetime
from pathlib import Path

import eventlet
from nameko.extensions import DependencyProvider

from mare_nameko.service import (
    BROADCAST,
    EventDispatcher,
    RpcProxy,
    event_handler,
    register_errors,
    rpc,
    timer,
)
from mare_services.contract.errors import PlaceNotFound, SourceLimited

register_errors(PlaceNotFound, SourceLimited)

blocking_sleep = eventlet.patcher.original("time").sleep


def note(text):
    """Write a line into the diary that all processes of a area share."""
    with Path(os.environ["DIARY"]).open("a") as diary:
        diary.write(f"{text}\n")


class Headers(DependencyProvider):
    """What came with the message."""

    def get_dependency(self, worker_ctx):
        return dict(worker_ctx.data)


class Worker:
    name = "worker"
    headers = Headers()

    @rpc
    def echo(self, value):
        return value

    @rpc
    def work(self, token, seconds):
        note(f"{token} started by {os.getpid()}")
        eventlet.sleep(seconds)
        note(f"{token} ended by {os.getpid()}")
        return token

    @rpc
    def hold(self, token):
        """Work until a file called as the diary, with `.end`, exists."""
        note(f"{token} started by {os.getpid()}")
        while not Path(f"{os.environ['DIARY']}.end").exists():
            eventlet.sleep(0.05)
        return token

    @rpc
    def context(self):
        return self.headers

    @rpc
    def lose(self):
        raise PlaceNotFound("No place is called Atlantis.", {"suggestions": [{"id": 1}]})

    @rpc
    def limit(self):
        raise SourceLimited("Too often.", {"retry_after": 2.5, "source": None, "n": 3})

    @rpc
    def crash(self):
        raise ZeroDivisionError("by a secret")

    @rpc
    def vague(self):
        return object()

    @rpc
    def spin(self):
        endless = []
        endless.append(endless)
        raise ValueError(endless)

    @rpc
    def impatient(self):
        with eventlet.Timeout(0.05):
            eventlet.sleep(5)

    @rpc
    def block(self, seconds):
        note("blocking")
        blocking_sleep(seconds)


class Front:
    """Passes everything on to the worker."""

    name = "front"
    worker = RpcProxy("worker")
    absent = RpcProxy("absent")
    headers = Headers()
    dispatch = EventDispatcher()

    @rpc
    def relay(self, method, *args):
        return getattr(self.worker, method)(*args)

    @rpc
    def both(self):
        return {"front": self.headers, "worker": self.worker.context()}

    @rpc
    def twice(self, seconds):
        calls = [self.worker.work.call_async(token, seconds) for token in ("one", "two")]
        return [call.result() for call in calls]

    @rpc
    def call_absent(self):
        return self.absent.anything()

    @rpc
    def emit(self, data):
        self.dispatch("thing", data)


class Listener:
    """Handles the events of the front."""

    name = "listener"
    headers = Headers()

    @event_handler("front", "thing")
    def on_thing(self, data):
        note(f"{data} {time.time():.3f} {self.headers.get('request_id')}")
        if data == "bad":
            raise ValueError(datetime(2026, 1, 1))  # noqa: DTZ001  any text will do
        if data == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)

    @event_handler("front", "news", handler_type=BROADCAST, reliable_delivery=False)
    def on_news(self, data):
        note(f"{data} by {os.getpid()}")
        if data == "bad":
            raise ValueError(data)


class Brittle(DependencyProvider):
    """Breaks the container if the diary asks for it."""

    def worker_teardown(self, worker_ctx):
        diary = Path(os.environ["DIARY"])
        if diary.exists() and "break" in diary.read_text():
            raise RuntimeError("broken beyond repair")


class Fragile:
    name = "fragile"
    brittle = Brittle()

    @rpc
    def echo(self, value):
        return value

    @timer(interval=0.2)
    def tick(self):
        """Give the dependency its turn."""
