"""Names are resolved in green threads and in native threads at the same time."""

import subprocess
import sys

SCRIPT = """
from mare_nameko.service import monkey_patch
monkey_patch()
import socket
import eventlet
from eventlet import tpool

def resolve():
    for _ in range(50):
        assert socket.getaddrinfo('localhost', 5672)

threads = [eventlet.spawn(tpool.execute, resolve) for _ in range(4)]
threads += [eventlet.spawn(resolve) for _ in range(4)]
for thread in threads:
    thread.wait()
print('resolved')
"""

STALLED = """
from mare_nameko.service import monkey_patch
monkey_patch()
import socket
import eventlet
from eventlet import patcher, tpool

answer = patcher.original('threading').Event()
calls = [eventlet.spawn(tpool.execute, answer.wait) for _ in range(20)]
try:
    with eventlet.Timeout(60):
        assert socket.getaddrinfo('localhost', 5672)
finally:
    answer.set()
for call in calls:
    call.wait()
print('resolved')
"""


def run(script):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )


def test_native_threads_do_not_wait_for_the_green_threads_of_others():
    done = run(SCRIPT)

    assert done.stdout == "resolved\n", done.stderr[-2000:]
    assert "Cannot switch" not in done.stderr


def test_names_are_resolved_while_calls_of_a_store_occupy_all_threads():
    done = run(STALLED)

    assert done.stdout == "resolved\n", done.stderr[-2000:]
