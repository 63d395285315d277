"""The command: what it needs, what it says when that is missing, and how it ends."""

import os
import pty
import re
import socket
import subprocess
import sys

import pytest

from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

NOWHERE = "amqp://nobody:secret@127.0.0.1:1/"


def run(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "mare_nameko.service", "run", *arguments],
        env={"PATH": os.environ["PATH"], "AMQP_URI": NOWHERE} | environ,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_all_wrong_settings_are_reported_at_once():
    ended = run(
        "weather",
        AMQP_URI="http://u:secret@broker/",
        RUNTIME_MAX_WORKERS="many",
        RUNTIME_RETRY_SECONDS="1,-1",
    )

    assert ended.returncode == 2
    assert "AMQP_URI='***': an address must begin with amqp:// or amqps://." in ended.stderr
    assert "RUNTIME_MAX_WORKERS" in ended.stderr
    assert "RUNTIME_RETRY_SECONDS" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "no service 'nothing'"),
        ("mare_nameko.service:Nothing", "no class 'Nothing'"),
        ("tests.integration.runtime.subjects:Headers", "no attribute 'name'"),
    ],
)
def test_an_unknown_service_is_reported(name, words):
    ended = run(name)

    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_setting_of_the_service_ends_the_process_with_the_same_code():
    ended = run("music", MUSIC_SOURCES="vinyl", RUNTIME_HEALTH_PORT="0")

    assert ended.returncode == 2
    assert "music is misconfigured: MUSIC_SOURCES" in ended.stderr


def test_without_arguments_it_shows_its_usage():
    ended = run()

    assert ended.returncode == 2
    assert ended.stderr.startswith("usage:")


def test_a_port_in_use_is_reported(launch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        worker = launch("runtime", "Worker", NOWHERE, RUNTIME_HEALTH_PORT=port)

        assert worker.wait(60) == 2
    assert f"Cannot serve health at 127.0.0.1:{port}" in worker.lines()[-1]["message"]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="This machine has no IPv6.")
@pytest.mark.parametrize("host", ["", "::1"])
def test_health_is_served_over_ipv6(host, launch):
    worker = launch("runtime", "Worker", NOWHERE, RUNTIME_HEALTH_HOST=host)

    eventually(lambda: "Serving health" in worker.log())

    port = worker.port
    assert answers("::1", port)
    assert answers("127.0.0.1", port) == (host == "")


def answers(host, port):
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def test_a_signal_before_the_broker_is_reached_ends_it_at_once(launch):
    worker = launch("runtime", "Worker", NOWHERE)
    eventually(lambda: "Waiting for the broker" in worker.log())

    worker.terminate()

    assert worker.wait(60) == 0
    assert "secret" not in worker.log()


@pytest.mark.broker
@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [("//mare:", "//someone:", "ACCESS_REFUSED"), ("/test-", "/no-test-", "vhost no-test-")],
)
def test_refused_credentials_are_logged_and_tried_again(right, wrong, words, vhost, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri.replace(right, wrong))

    eventually(lambda: words in worker.log())
    assert worker.get("/readyz")[0] == 503
    assert worker.get("/livez")[0] == 200


def test_at_a_terminal_the_log_is_plain():
    terminal, end = pty.openpty()
    service = "tests.integration.runtime.subjects:Worker"
    command = [sys.executable, "-m", "mare_nameko.service", "run", service]
    environ = os.environ | {"AMQP_URI": NOWHERE, "RUNTIME_HEALTH_PORT": "0", "DIARY": os.devnull}
    with subprocess.Popen(command, stderr=end, env=environ) as process:
        os.close(end)
        first = os.read(terminal, 1000).decode()
        process.terminate()
    os.close(terminal)

    assert re.match(
        r"\d{4}-\d\d-\d\d \S+ INFO +mare_nameko\.service\.health: Serving health", first
    )


SCRIPT = """
from mare_nameko.service import monkey_patch
monkey_patch()
from nameko.dependency_providers import Config
from mare_nameko.service import rpc, serve

class Own:
    name = "own"

    config = Config()

    @rpc
    def configured(self):
        return self.config["WORD"]

serve(Own, config={"WORD": "olá"})
"""


@pytest.mark.broker
def test_a_program_can_serve_a_class_of_its_own(vhost, caller, tmp_path):
    script = tmp_path / "own.py"
    script.write_text(SCRIPT)
    environ = os.environ | {"AMQP_URI": vhost.amqp_uri, "RUNTIME_HEALTH_PORT": "0"}
    with subprocess.Popen([sys.executable, script], env=environ) as process:
        consumed(vhost, "rpc-own")
        assert caller.call("own.configured") == "olá"
        process.terminate()
        assert process.wait(60) == 0


def test_serve_reports_wrong_settings_like_the_command(tmp_path):
    script = tmp_path / "own.py"
    script.write_text(SCRIPT)
    environ = os.environ | {"AMQP_URI": "nonsense"}

    ended = subprocess.run(
        [sys.executable, script],
        env=environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == "AMQP_URI='***': an address must begin with amqp:// or amqps://.\n"


def test_serve_without_monkey_patch_is_refused(tmp_path):
    script = tmp_path / "hasty.py"
    script.write_text("from mare_nameko.service import serve\nserve(object)")

    ended = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=90, check=False
    )

    assert "Call mare_nameko.service.monkey_patch() before" in ended.stderr


@pytest.mark.broker
def test_the_health_port_serves_three_paths_only(shared_worker):
    assert shared_worker.get("/livez") == (200, "ok\n")
    assert shared_worker.get("/readyz") == (200, "ok\n")
    assert shared_worker.get("/metrics")[1].startswith("# HELP")
    assert shared_worker.get("/")[0] == 404
    assert shared_worker.get("/" + "x" * 1000)[0] == 414
