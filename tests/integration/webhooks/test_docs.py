"""The receiver of docs/jobs.md, run as it stands there."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from mare.processes.tcp_ports import free_port, is_free
from tests.integration.webhooks.conftest import SECRET
from tests.vhost import eventually

pytestmark = pytest.mark.broker

PAGE = Path(__file__).parents[3] / "docs/jobs.md"


@pytest.fixture
def program(tmp_path):
    (text,) = re.findall(r"```python\n(# receiver.py\n.*?)```", PAGE.read_text(), re.DOTALL)
    path = tmp_path / "receiver.py"
    path.write_text(text)
    return path


def test_the_receiver_of_the_page_verifies_and_prints_what_arrives(webhooks, program, tmp_path):
    secret = tmp_path / "webhooks-secret"
    secret.write_text(f"{SECRET}\n")
    port = free_port()
    arguments = [sys.executable, str(program), str(secret), str(port)]
    output = tmp_path / "output"
    with (
        output.open("w") as file,
        subprocess.Popen(arguments, stdout=file, stderr=subprocess.STDOUT) as receiver,
    ):
        try:
            eventually(lambda: not is_free(port))
            with webhooks.running():
                webhooks.publish(f"http://127.0.0.1:{port}/hook")
                eventually(lambda: "msg_1_1_complete job.complete" in output.read_text())
            assert "WebhookVerificationError" not in output.read_text()
            forge(port)
            eventually(lambda: "WebhookVerificationError" in output.read_text())
        finally:
            receiver.kill()


def forge(port):
    """Send a callback with another signature."""
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1,AAAA",
    }
    with pytest.raises(requests.RequestException):
        requests.post(f"http://127.0.0.1:{port}/hook", b"{}", headers=headers, timeout=10)
