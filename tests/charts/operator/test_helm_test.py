"""The script of `helm test`, as its Pod has it, against a server in the place of the operator."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.charts import environment
from tests.charts.operator.conftest import CHART


@pytest.fixture
def operator():
    """Serve these pages at a port of this machine; pages of a list follow one another.

    A page is a text, or a status and a text.
    """
    servers = []

    def serve(pages):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answers = pages.get(self.path, [(503, "")])
                answer = answers.pop(0) if answers[1:] else answers[0]
                status, text = answer if isinstance(answer, tuple) else (200, answer)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                """Write no log."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def run(helm, operator):
    """Run the script; return its exit code and what it printed."""
    (container,) = environment.containers(helm.template(CHART).one("Pod", "shop-operator-test"))
    script, url, _ = container["args"]
    assert url == "http://shop-operator.market:8080"

    def run(pages, seconds):
        answer = subprocess.run(
            [sys.executable, "-c", script, operator(pages), seconds],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return answer.returncode, answer.stdout

    return run


def test_without_a_leader_it_fails_and_says_so(run):
    code, text = run({"/readyz": ["ok"], "/leader": [(503, "no replica leads")]}, "0")

    assert code == 1
    assert text.splitlines() == [
        "ok from /readyz",
        "Not everything is scaled: no replica leads. The logs of the replicas show why.",
    ]


def test_it_succeeds_once_a_replica_leads_and_reads_no_metrics(run):
    """They may need a token (metrics.authentication), and count shards of one replica."""
    elected = [(503, "no replica leads"), "ok"]

    code, text = run({"/readyz": ["ok"], "/leader": elected, "/metrics": [(401, "")]}, "30")

    assert (code, text) == (0, "ok from /readyz\nok from /leader\n")


def test_it_fails_while_the_operator_is_not_ready(run):
    code, text = run({"/leader": ["ok"]}, "0")

    assert (code, "503" in text) == (1, True)
