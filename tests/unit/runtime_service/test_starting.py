"""The command: what it needs, its errors without that, and how it ends."""

import os
import subprocess
import sys

NOWHERE = "amqp://guest:secret@127.0.0.1:1/"


def run(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "mare_nameko.service", "run", *arguments],
        env=os.environ | {"AMQP_URI": NOWHERE} | environ,
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


def test_a_wrong_setting_of_the_service_ends_the_process_with_the_same_code():
    ended = run("music", MUSIC_SOURCES="vinyl", RUNTIME_HEALTH_PORT="0")

    assert ended.returncode == 2
    assert "music is misconfigured: MUSIC_SOURCES" in ended.stderr


def test_serve_reports_wrong_settings_like_the_command(tmp_path):
    script = tmp_path / "own.py"
    lines = ("import mare_nameko.service as m", "m.monkey_patch()", "m.serve(object)")
    script.write_text("\n".join(lines))
    environ = os.environ | {"AMQP_URI": "nonsense"}

    ended = subprocess.run(
        [sys.executable, script],
        env=environ,
        capture_output=True,
        text=True,
        timeout=90,
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
