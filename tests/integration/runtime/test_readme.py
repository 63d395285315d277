"""The examples of runtime/README.md, run as they are written there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.runtime.conftest import consumed

README = Path(__file__).parents[3] / "runtime/README.md"
EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
URI = "amqp://guest:guest@127.0.0.1:5672/"


@pytest.mark.broker
def test_the_client_of_the_readme_calls_its_service(vhost, tmp_path):
    examples = dict(EXAMPLE.findall(README.read_text(encoding="utf-8")))
    assert URI in examples["client.py"]
    for name, code in examples.items():
        (tmp_path / name).write_text(code.replace(URI, vhost.amqp_uri), encoding="utf-8")
    command = [Path(sys.executable).with_name("mare-nameko"), "run", "greeter:Greeter"]
    environ = os.environ | {"AMQP_URI": vhost.amqp_uri, "RUNTIME_HEALTH_PORT": "0"}

    with subprocess.Popen(command, cwd=tmp_path, env=environ) as service:
        try:
            consumed(vhost, "rpc-greeter")
            client = [sys.executable, "client.py"]
            ended = subprocess.run(
                client, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
            )
        finally:
            service.terminate()

    assert (ended.stdout, ended.stderr) == ("Hello, Ana!\n", "")
    assert service.returncode == 0
