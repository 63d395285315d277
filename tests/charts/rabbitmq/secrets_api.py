"""An API server that has Secrets and ConfigMaps alone, for the Job that fills them."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


@dataclass
class SecretsApi:
    """``account`` and ``environment`` are what a Pod has of it."""

    account: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    objects: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Data by name."""
    patched: list[str] = field(default_factory=list)
    """Names, in the order of the changes."""

    def clear(self) -> None:
        self.objects.clear()
        self.patched.clear()

    def set(self, name: str, data: Mapping[str, str]) -> None:
        self.objects[name] = {key: value.encode() for key, value in data.items()}

    def get(self, name: str) -> dict[str, Any]:
        data = self.objects.setdefault(name, {})
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        return {"metadata": {"resourceVersion": str(len(self.patched))}, "data": encoded}

    def patch(self, name: str, change: Mapping[str, Any]) -> None:
        fields = {**change.get("data", {}), **change.get("stringData", {})}
        self.objects.setdefault(name, {}).update({k: v.encode() for k, v in fields.items()})
        self.patched.append(name)


@contextmanager
def serving() -> Iterator[SecretsApi]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    api = SecretsApi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_PATCH(self) -> None:
            length = int(self.headers["Content-Length"])
            api.patch(self._name(), json.loads(self.rfile.read(length)))
            self._answer()

        def _name(self) -> str:
            return self.path.rsplit("/", 1)[1]

        def _answer(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(api.get(self._name())).encode())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    api.account = {
        "ca.crt": authority.cert_pem.bytes().decode(),
        "namespace": "market",
        "token": "token",
    }
    api.environment = {
        "KUBERNETES_SERVICE_HOST": "localhost",
        "KUBERNETES_SERVICE_PORT": str(server.server_address[1]),
    }
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
