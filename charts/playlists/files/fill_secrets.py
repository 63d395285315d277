"""Write texts with random passwords into Secrets without data; leave one that has data alone.

usage: python fill_secrets.py FILE, which has texts by key by Secret as JSON. In a text, PASSWORD
becomes a password, the same for all texts of a Secret, and KEY 32 random bytes as base64. It runs
in a Pod that has the right to get and patch these Secrets. Needs nothing but Python.
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


def main(file: str) -> None:
    for name, texts in json.loads(Path(file).read_text()).items():
        fill(name, texts)


def fill(name: str, texts: dict[str, str]) -> None:
    secret = request(name)
    if secret.get("data"):
        print(f"{name} has data already")
        return
    words = {
        "PASSWORD": secrets.token_hex(24),
        "KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    data = {key: encoded(text, words) for key, text in texts.items()}
    # With the version that was read: of two that fill it at a time, one fails and tries again.
    version = secret["metadata"]["resourceVersion"]
    request(name, {"metadata": {"resourceVersion": version}, "data": data})
    print(f"{name} is filled")


def encoded(text: str, words: dict[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return base64.b64encode(text.encode()).decode()


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
