"""A watch that ends with an error misses nothing."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kubernetes.client import ApiClient, Configuration

from tests.load.compare.observing import Watched
from tests.vhost import eventually


class Expired(BaseHTTPRequestHandler):
    """Each list has one replica more than the last, and each watch is too late for it."""

    lists = 0

    def do_GET(self) -> None:
        if "watch=" in self.path:
            self.send_error(410)
            return
        Expired.lists += 1
        version = str(min(Expired.lists, 3))
        item = {
            "metadata": {"name": "work-1", "uid": "1", "resourceVersion": version},
            "spec": {"replicas": int(version)},
        }
        body = json.dumps({"metadata": {"resourceVersion": version}, "items": [item]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[ApiClient]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Expired) as server:
        threading.Thread(target=server.serve_forever).start()
        host = f"http://127.0.0.1:{server.server_port}"
        yield ApiClient(Configuration(host=host))
        server.shutdown()


def test_what_changes_between_two_watches_is_seen_once(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.load.compare.observing._PAUSE_SECONDS", 0.01)
    watched = Watched(api, "shop", group="apps", plural="deployments")
    try:
        eventually(lambda: Expired.lists >= 5)
    finally:
        watched.close()

    assert [each["spec"]["replicas"] for _, each in watched.seen] == [1, 2, 3]
