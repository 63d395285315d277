"""The script of the Job that fills Secrets, with the Job's rights on a real API server."""

import base64
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import yaml

from mare_services.webhooks.settings import SigningSecrets
from tests.charts.playlists.conftest import ALONE, CHART

SCRIPT = CHART / "files/fill_secrets.py"


@pytest.fixture
def fill(helm, chart, api_server, namespace, tmp_path):
    """Apply what the Job needs, and run it as its Pod would."""
    manifests = helm.template(chart, {**ALONE, "valkey": {"enabled": True}}, namespace=namespace)
    kinds = ("Secret", "ServiceAccount", "Role", "RoleBinding")
    documents = [each for each in manifests if each["kind"] in kinds]
    api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))
    token = api_server.kubectl("create", "token", "shop-secrets", "-n", namespace)
    (tmp_path / "token").write_text(token.strip())
    (tmp_path / "namespace").write_text(namespace)
    (tmp_path / "ca.crt").write_bytes(api_server.certificate_authority.read_bytes())
    server = urlsplit(api_server.uri)
    wanted = json.loads(manifests.one("ConfigMap", "shop-secrets")["data"]["secrets.json"])

    def run(texts=None):
        (tmp_path / "secrets.json").write_text(json.dumps(texts or wanted))
        return subprocess.run(
            [sys.executable, str(SCRIPT), str(tmp_path / "secrets.json")],
            env={
                "PATH": os.defpath,
                "ACCOUNT": str(tmp_path),
                "KUBERNETES_SERVICE_HOST": str(server.hostname),
                "KUBERNETES_SERVICE_PORT": str(server.port),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    return run


def test_they_are_filled_once(fill, api_server, namespace):
    def data(name):
        text = api_server.kubectl("get", "secret", name, "-n", namespace, "-o", "json")
        return {k: base64.b64decode(v).decode() for k, v in json.loads(text)["data"].items()}

    assert fill().stdout.splitlines() == [
        f"shop-{name} is filled" for name in ("postgresql", "valkey", "webhooks")
    ]
    postgresql, valkey = data("shop-postgresql"), data("shop-valkey")
    assert len(valkey["password"]) == 48
    assert valkey["uri"] == f"redis://:{valkey['password']}@shop-valkey.{namespace}:6379/0"
    password = postgresql["password"]
    assert postgresql["uri"] == f"postgresql://mare:{password}@shop-postgresql.{namespace}/mare"

    assert SigningSecrets(data("shop-webhooks")["secrets"])

    assert "shop-valkey has data already" in fill().stdout
    assert (data("shop-postgresql"), data("shop-valkey")) == (postgresql, valkey)


def test_no_other_secret_may_be_touched(fill, api_server, namespace):
    api_server.kubectl("create", "secret", "generic", "another", "-n", namespace)

    answer = fill({"another": {"uri": "redis://"}})

    assert answer.returncode == 1
    assert "403" in answer.stderr
