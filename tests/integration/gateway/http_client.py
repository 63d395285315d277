"""Requests to one gateway: to its API and to its probes."""

import requests

PROBES = ("/livez", "/readyz", "/metrics")


class Http:
    """Sends requests to one gateway."""

    def __init__(self, port, health_port):
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.health = f"http://127.0.0.1:{health_port}"

    def get(self, path, **options):
        base = self.health if path in PROBES else self.base
        return requests.get(base + path, timeout=60, **options)

    def status(self, path):
        try:
            return self.get(path).status_code
        except requests.ConnectionError:
            return None
