"""A SIGTERM during the imports of a container's program, which has no default action there."""

import os
import subprocess
import sys

import pytest

from mare.processes.tcp_ports import free_port

PROGRAM = """
import os, runpy, signal, sys

_, program, module = sys.argv

class Importing:
    def find_spec(self, name, *_):
        if name == module:
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Importing())
sys.argv = [program]
runpy.run_module(program, run_name="__main__")
"""


@pytest.mark.parametrize(
    ("program", "module", "code"),
    [
        pytest.param("mare_gateway", "mare_gateway.settings", 0, id="gateway"),
        pytest.param("mare_gateway.events", "mare_gateway.events.server", 0, id="events"),
        pytest.param("mare_nameko.service", "mare_nameko.service.command", 0, id="service"),
        pytest.param("mare", "mare.cli", 143, id="operator"),
    ],
)
def test_a_handler_takes_a_sigterm_that_comes_during_the_imports(program, module, code):
    ports = {"GATEWAY_PORT": str(free_port()), "GATEWAY_HEALTH_PORT": str(free_port())}
    broker = {"AMQP_URI": "amqp://guest:guest@127.0.0.1:1/"}

    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, program, module],
        env={"PATH": os.environ["PATH"], **ports, **broker},
        stderr=subprocess.PIPE,
        check=False,
        timeout=100,
    )

    assert ran.returncode == code, ran.stderr
