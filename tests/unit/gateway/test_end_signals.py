"""SIGTERM ends a process whose main thread waits, however early and in whatever thread it comes."""

import contextlib
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

COUNTING = """
import os, queue, signal
from mare_gateway import end_signals

end_signals.hold()
received = queue.SimpleQueue()
for number in signal.SIGTERM, signal.SIGHUP:
    signal.signal(number, lambda number, _: received.put(number))
for number in signal.SIGHUP, signal.SIGTERM:
    os.kill(os.getpid(), number)
end_signals.pass_on()
print(received.get())
os.kill(os.getpid(), signal.SIGTERM)
try:
    print(received.get(timeout=0.2))
except queue.Empty:
    print("none")
"""

LOOP = """
import asyncio, os, signal
from mare_gateway import end_signals

async def main():
    received = []
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: received.append(1) or ended.set())
    os.kill(os.getpid(), signal.SIGTERM)
    end_signals.pass_on_to_loop(signal.SIGTERM)
    await ended.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.2)
    print(len(received), signal.sigpending() == {signal.SIGTERM})

end_signals.hold()
asyncio.run(main())
"""


@contextlib.contextmanager
def running(program):
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def process():
    with running(PROGRAM) as process:
        yield process


def test_a_process_without_a_handler_ends_by_a_signal_from_before_it_was_passed_on(process):
    assert process.stdout.readline() == "143\n"


def test_a_handler_is_called_while_the_main_thread_waits(process):
    process.stdout.readline()
    for number in signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM:
        process.send_signal(number)

    assert process.communicate(timeout=60)[0] == "ended\n"


def test_a_handler_is_called_once_and_not_for_a_hang_up():
    with running(COUNTING) as process:
        assert process.communicate(timeout=60)[0].splitlines() == [str(signal.SIGTERM), "none"]


def test_the_handler_of_an_event_loop_is_called_once():
    with running(LOOP) as process:
        assert process.communicate(timeout=60)[0] == "1 True\n"
