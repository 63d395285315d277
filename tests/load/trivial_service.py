"""A stock Nameko service that does nothing: ``python trivial_service.py AMQP_URI``."""

# ruff: noqa: E402 - eventlet has to patch before anything else is imported
import eventlet

eventlet.monkey_patch()

import sys

from nameko.rpc import rpc
from nameko.runners import ServiceRunner


class Weather:
    name = "weather"

    @rpc
    def search(self, request):
        return request


def main(uri):
    runner = ServiceRunner({"AMQP_URI": uri, "max_workers": 50})
    runner.add_service(Weather)
    runner.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    runner.wait()


if __name__ == "__main__":
    main(sys.argv[1])
