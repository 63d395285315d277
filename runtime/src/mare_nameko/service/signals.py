"""SIGTERM and SIGINT, passed on to a green thread."""

import signal
import socket
from collections.abc import Callable

import eventlet

ENDING = (signal.SIGTERM, signal.SIGINT)


def on_ending_signal(react: Callable[[int], None], *, at_once: Callable[[], None]) -> None:
    """Call ``react`` in a green thread for each SIGTERM and SIGINT from now on.

    A signal handler runs within the event loop, where no green thread may switch. It only calls
    ``at_once``. Python writes a byte for the signal, which wakes the loop and calls ``react``.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in ENDING:
        signal.signal(number, lambda *_: at_once())
    eventlet.spawn(_pass_on, reader, writer, react)


def _pass_on(reader: socket.socket, writer: socket.socket, react: Callable[[int], None]) -> None:
    with reader, writer:
        while received := reader.recv(16):
            for number in received:
                if number in ENDING:
                    react(number)
