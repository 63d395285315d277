"""The script of the Job that fills Valkey's Secret, with the Job's rights on a real API server."""

import base64
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import yaml

from tests.charts.playlists.conftest import ALONE, CHART

SCRIPT = CHART / "files/fill_secret.py"


@pytest.fixture
def fill(helm, chart, api_server, namespace, tmp_path):
    """Apply what the Job needs, and run it as its Pod would."""
    manifests = helm.template(chart, {**ALONE, "valkey": {"enabled": True}}, namespace=namespace)
    kinds = ("Secret", "ServiceAccount", "Role", "RoleBinding")
    documents = [each for each in manifests if each["kind"] in kinds]
    api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))
    token = api_server.kubectl("create", "token", "shop-valkey-secret", "-n", namespace)
    (tmp_path / "token").write_text(token.strip())
    (tmp_path / "namespace").write_text(namespace)
    (tmp_path / "ca.crt").write_bytes(api_server.certificate_authority.read_bytes())
    server = urlsplit(api_server.uri)

    def run(secret="shop-valkey"):
        return subprocess.run(
            [sys.executable, str(SCRIPT), secret, "shop-valkey.market"],
            env={
                "PATH": os.defpath,
                "ACCOUNT": str(tmp_path),
                "KUBERNETES_SERVICE_HOST": str(server.hostname),
                "KUBERNETES_SERVICE_PORT": str(server.port),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    return run


def test_it_is_filled_once(fill, api_server, namespace):
    def data():
        text = api_server.kubectl("get", "secret", "shop-valkey", "-n", namespace, "-o", "json")
        return {k: base64.b64decode(v).decode() for k, v in json.loads(text)["data"].items()}

    assert fill().stdout == "shop-valkey has a new password\n"
    first = data()
    assert len(first["password"]) == 48
    assert first["uri"] == f"redis://:{first['password']}@shop-valkey.market:6379/0"

    assert fill().stdout == "shop-valkey has data already\n"
    assert data() == first


def test_it_may_touch_no_other_secret(fill, api_server, namespace):
    api_server.kubectl("create", "secret", "generic", "another", "-n", namespace)

    answer = fill("another")

    assert answer.returncode == 1
    assert "403" in answer.stderr
