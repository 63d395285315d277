"""API keys: made by a command, kept as hashes, found by the gateway."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from mare_gateway.__main__ import main
from mare_gateway.keys import CHECK_SECONDS, KeyFile, KeySet, new_key

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "keys.json"


@pytest.fixture
def keys(file, monkeypatch, capsys):
    """Run ``mare-gateway keys`` and return what it prints."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["mare-gateway", "keys", *arguments, "--file", str(file)])
        main()
        return capsys.readouterr().out.strip()

    return run


def test_a_new_key_is_printed_once_and_its_hash_is_kept(keys, file):
    key = keys("new", "--name", "shop", "--scopes", "read")

    assert key.startswith("mare_")
    assert key not in file.read_text()
    (entry,) = json.loads(file.read_text())
    assert (entry["name"], entry["scopes"], entry["expires"]) == ("shop", ["read"], None)
    assert KeySet.read(file.read_bytes()).find(key).name == "shop"
    assert file.stat().st_mode & 0o077 == 0


def test_several_keys_of_one_client_are_valid_until_one_is_revoked(keys, file):
    old, new = keys("new", "--name", "shop"), keys("new", "--name", "shop")
    keys("new", "--name", "other")
    (first, *_) = keys("list").splitlines()

    keys("revoke", first.split()[0])

    found = KeySet.read(file.read_bytes())
    assert found.find(old) is None
    assert found.find(new).name == "shop"
    assert len(keys("list").splitlines()) == 2


def test_a_key_is_valid_until_it_expires():
    key, entry = new_key("shop", ("jobs",), NOW, NOW + timedelta(days=1))
    found = KeySet([entry])

    assert found.find(key, NOW + timedelta(hours=23)) == entry
    assert found.find(key, NOW + timedelta(days=1)) is None
    assert found.find(key + "x", NOW) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "--name", "Bad Name"),
        ("new", "--name", "shop", "--scopes", "write"),
        ("revoke", "01234567"),
    ],
)
def test_a_wrong_command_changes_nothing(keys, file, arguments):
    with pytest.raises(SystemExit) as exited:
        keys(*arguments)

    assert exited.value.code == 2
    assert not file.exists()


def test_a_changed_file_is_read_again_and_a_broken_one_keeps_the_last_keys(keys, file, caplog):
    now = 0.0
    first = keys("new", "--name", "shop")
    found = KeyFile(file, clock=lambda: now)
    second = keys("new", "--name", "shop")

    assert found.find(second) is None
    now += CHECK_SECONDS
    assert found.find(second)

    file.write_text("[{}]")
    os.utime(file, (1, 1))
    now += CHECK_SECONDS
    assert found.find(first)
    assert "stay valid" in caplog.text


def test_the_keys_of_an_unreadable_file_stop_the_start(file):
    file.write_text("no keys")

    ran = subprocess.run(
        [sys.executable, "-m", "mare_gateway"],
        env={"PATH": os.environ["PATH"], "GATEWAY_KEYS_FILE": str(file)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 1
    assert "GATEWAY_KEYS_FILE=" in ran.stderr
