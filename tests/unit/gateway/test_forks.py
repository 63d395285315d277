"""A worker process of the gateway ends by SIGTERM, however early that comes."""

import signal
import subprocess
import sys

PROGRAM = """
import os, signal
from mare_gateway.server import prepare_forks

signal.signal(signal.SIGTERM, lambda *_: None)  # as granian's parent process does
os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))
prepare_forks()
child = os.fork()
if not child:
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os.kill(os.getpid(), signal.SIGTERM)
print("the parent goes on")
"""


def test_a_sigterm_just_after_the_fork_ends_a_worker_and_not_its_parent():
    command = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout.splitlines() == [str(-signal.SIGTERM), "the parent goes on"]
