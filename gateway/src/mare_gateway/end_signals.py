"""SIGTERM and SIGINT reach their handler in whichever thread the kernel would deliver them.

Python runs handlers in the main thread. granian's main threads wait without a time limit, and
only a signal that the kernel delivers to them interrupts that wait; a process that was stopped
or is busy often gets it in another thread. So all threads block the signals but one, which waits.
"""

import os
import signal
import threading
from collections.abc import Collection

END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def hold() -> None:
    """Keep the signals pending until they are passed on; in forked processes, too.

    Threads that have been started before still take them. SIGHUP stays pending for ever: granian
    would replace its workers, and lose a SIGTERM that comes while that begins.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (*END_SIGNALS, signal.SIGHUP))


def pass_on(numbers: Collection[signal.Signals] = END_SIGNALS) -> None:
    """Call the handler of the first of these signals, which may be pending, in a thread of its own.

    Where no handler is installed, the process ends. Later signals stay pending: a second call of
    a worker's handler blocks the worker (granian 2.8.7), and its requests are never answered.
    """
    threading.Thread(target=_pass_on, args=(numbers,), name="end-signals", daemon=True).start()


def _pass_on(numbers: Collection[signal.Signals]) -> None:
    number = signal.sigwait(numbers)
    handler = signal.getsignal(number)
    if not callable(handler):
        os._exit(128 + number)
    handler(number, None)
