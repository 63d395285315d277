"""SIGTERM ends a process whose main thread waits, however early and in whatever thread it comes."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, threading
from mare_gateway import end_signals

end_signals.hold()
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
if not os.fork():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
    end_signals.pass_on()
    threading.Event().wait()
print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
threading.Thread(target=threading.Event().wait, daemon=True).start()
end_signals.pass_on()
ended.wait()
print("ended")
"""


@pytest.fixture
def process():
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_a_process_without_a_handler_ends_by_a_signal_from_before_it_was_passed_on(process):
    assert process.stdout.readline() == "143\n"


def test_a_handler_is_called_while_the_main_thread_waits(process):
    process.stdout.readline()
    for number in signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM:
        process.send_signal(number)

    assert process.communicate(timeout=60)[0] == "ended\n"
