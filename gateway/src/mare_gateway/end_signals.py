"""SIGTERM and SIGINT reach their handler in whichever thread the kernel would deliver them.

Python runs handlers in the main thread. granian's parent waits there without a time limit, and
only a signal that the kernel delivers to this thread interrupts that wait; a process that was
stopped or is busy often gets it in another thread. So all threads block the signals but one, which
waits. A worker has such a thread too: a second signal blocks it (granian 2.8.7), and its requests
are never answered.
"""

import os
import signal
import threading
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]
END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def hold() -> None:
    """Keep the signals pending until they are passed on; in forked processes, too.

    Threads that have been started before still take them. SIGHUP stays pending for ever: granian
    would replace its workers, and lose a SIGTERM that comes while that begins.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (*END_SIGNALS, signal.SIGHUP))


def pass_on() -> None:
    """Call the handler of the first of the signals, which may be pending, in a thread of its own.

    Where no handler is installed, the process ends. Later signals stay pending.
    """
    threading.Thread(target=_call_handler, name="end-signals", daemon=True).start()


def pass_on_to_loop(number: signal.Signals) -> None:
    """Let the first of these signals reach the handler of an event loop, like `pass_on`."""
    threading.Thread(target=_wake_loop, args=(number,), name="end-signals", daemon=True).start()


def _call_handler() -> None:
    number, handler = _await_signal(END_SIGNALS)
    handler(number, None)


def _wake_loop(number: signal.Signals) -> None:
    _await_signal((number,))
    signal.raise_signal(number)
    # Delivered here, it makes Python wake up the loop, which calls its handler.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (number,))
    signal.pthread_sigmask(signal.SIG_BLOCK, (number,))


def _await_signal(numbers: Collection[signal.Signals]) -> tuple[int, Handler]:
    number = signal.sigwait(numbers)
    handler = signal.getsignal(number)
    if not callable(handler):
        os._exit(128 + number)
    return number, handler
