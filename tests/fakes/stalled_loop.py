"""A process that is stopped while a message arrives: eventlet then fires timers before it reads."""

import socket
from collections.abc import Callable

import eventlet
from eventlet.greenio import GreenSocket

from tests.fakes.clock import Clock


def stall(clock: Clock[float], seconds: float, on_arrival: Callable[[], None]) -> None:
    """Advance the event loop's ``clock`` while the loop polls, and let a message arrive then.

    ``on_arrival`` is called when the loop polls the next time, which is after it has fired timers.
    """
    broker, client = (GreenSocket(each) for each in socket.socketpair())

    def stop() -> None:
        broker.recv(1)
        clock.now += seconds
        broker.send(b"a")

    def read() -> None:
        with broker, client:
            client.recv(1)
        clock.now += 0.001  # reading takes time
        on_arrival()

    eventlet.spawn(stop)
    eventlet.spawn(read)
    eventlet.sleep(0)
    client.send(b"s")
