"""Waits of green threads that a stall of the process does not end too early."""

from typing import Any

import eventlet
from eventlet.event import Event


def wait_for(event: Event, seconds: float) -> Any:
    """Return what ``event`` carries, or None if it is not sent within ``seconds``.

    After a stall, eventlet fires timers before it reads sockets. The time limit of a wait then ends
    although the answer has arrived, so the loop reads once more before the limit counts.
    """
    carried = event.wait(max(0.0, seconds))
    if carried is None:
        eventlet.sleep(0)
        carried = event.poll()
    return carried
