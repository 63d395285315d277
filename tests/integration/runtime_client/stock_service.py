"""Stock Nameko services in one process: ``python stock_service.py AMQP_URI NAME...``.

Nothing of ours is in it, so it shows that the gateway works with services that know nothing of us.
"""

# ruff: noqa: E402 - eventlet has to patch before anything else is imported
import warnings

warnings.filterwarnings("ignore", message="\nEventlet is deprecated")

import eventlet

eventlet.monkey_patch()

import sys
from pathlib import Path

from eventlet.event import Event
from nameko.rpc import rpc
from nameko.runners import ServiceRunner

RECIFE = {"id": 3390760, "name": "Recife", "admin1": "Pernambuco", "country_code": "BR"}


class PlaceNotFound(Exception):
    """Named like the error of the contract."""


class Echo:
    name = "echo"

    @rpc
    def echo(self, value):
        return value

    @rpc
    def wait(self, file):
        """Reply as soon as this file exists."""
        while not Path(file).exists():
            eventlet.sleep(0.05)
        return file


class Weather:
    name = "weather"
    released = Event()

    @rpc
    def search(self, request):
        return {"places": [RECIFE], "asked": request}

    @rpc
    def report(self, request):
        if request["city"] == "Atlantis":
            raise PlaceNotFound("No place is called Atlantis.", {"suggestions": [RECIFE]})
        if request.get("state") == "held":
            self.released.wait()
        return {"place": RECIFE, "degraded": []}

    @rpc
    def release(self):
        """Reply to the requests that are held."""
        self.released.send()


def main(uri, *names):
    runner = ServiceRunner({"AMQP_URI": uri, "max_workers": 50})
    for name in names:
        kind = Weather if name == "weather" else Echo
        runner.add_service(type(name.title(), (kind,), {"name": name}))
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
