"""SIGTERM and SIGINT reach their handler in whichever thread the kernel would deliver them.

Python runs handlers in the main thread. granian's main threads wait without a time limit, and
only a signal that the kernel delivers to them interrupts that wait; a process that was stopped
or is busy often gets it in another thread. So all threads block the signals but one, which waits.
"""

import os
import signal
import threading

END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def hold() -> None:
    """Keep the signals pending until they are passed on; in forked processes, too.

    Threads that have been started before still take them.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)


def pass_on() -> None:
    """Call the handler of the first signal that comes or is pending, in a thread of its own.

    Where no handler is installed, the process ends. Later signals stay pending.
    """
    threading.Thread(target=_pass_on, name="end-signals", daemon=True).start()


def _pass_on() -> None:
    number = signal.sigwait(END_SIGNALS)
    handler = signal.getsignal(number)
    if callable(handler):
        handler(number, None)
    else:
        os._exit(128 + number)
