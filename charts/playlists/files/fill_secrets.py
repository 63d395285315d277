"""Give Secrets without data a password and a URI with it; leave one that has data alone.

usage: python fill_secrets.py SECRET=URI..., where each URI has PASSWORD in it. It runs in a Pod
that has the right to get and patch these Secrets. Needs nothing but Python.
"""

import base64
import json
import os
import secrets
import ssl
import sys
import urllib.request
from pathlib import Path

ACCOUNT = Path(os.environ.get("ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount"))


def main(*wanted: str) -> None:
    for each in wanted:
        name, _, uri = each.partition("=")
        fill(name, uri)


def fill(name: str, uri: str) -> None:
    secret = request(name)
    if secret.get("data"):
        print(f"{name} has data already")
        return
    password = secrets.token_hex(24)
    texts = {"password": password, "uri": uri.replace("PASSWORD", password)}
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    # With the version that was read: of two that fill it at a time, one fails and tries again.
    version = secret["metadata"]["resourceVersion"]
    request(name, {"metadata": {"resourceVersion": version}, "data": data})
    print(f"{name} has a new password")


def request(name: str, change: dict | None = None) -> dict:
    server = os.environ["KUBERNETES_SERVICE_HOST"]
    if ":" in server:
        server = f"[{server}]"
    port = os.environ["KUBERNETES_SERVICE_PORT"]
    namespace = (ACCOUNT / "namespace").read_text()
    sent = urllib.request.Request(
        f"https://{server}:{port}/api/v1/namespaces/{namespace}/secrets/{name}",
        data=json.dumps(change).encode() if change else None,
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
            "Content-Type": "application/merge-patch+json",
        },
        method="PATCH" if change else "GET",
    )
    context = ssl.create_default_context(cafile=ACCOUNT / "ca.crt")
    with urllib.request.urlopen(sent, timeout=10, context=context) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
