"""The broker's definitions."""

import json
import re
import subprocess
import sys

import pytest

from mare_nameko.topology import definitions, vhost_definitions


def test_without_users_the_definitions_hold_no_credentials() -> None:
    found = definitions()
    assert found["users"] == []
    assert found["permissions"] == []


def test_users_administer_their_virtual_host() -> None:
    found = definitions("other", {"ann": "secret"})
    assert [user["name"] for user in found["users"]] == ["ann"]
    assert [(grant["user"], grant["vhost"]) for grant in found["permissions"]] == [("ann", "other")]
    assert {item["vhost"] for item in found["policies"] + found["queues"]} == {"other"}


@pytest.mark.parametrize(
    ("queue", "policies"),
    [
        ("rpc-weather", ["work", "work-classic"]),
        ("evt-weather-changed--playlists.on_change", ["work", "work-classic"]),
        ("rpc.reply-weather-5b2e", ["replies"]),
        ("retry-10s", ["retries"]),
        ("dead-letters", ["dead-letters"]),
        ("orders", []),
    ],
)
def test_each_queue_of_nameko_finds_its_policy(queue: str, policies: list[str]) -> None:
    found = [
        policy["name"]
        for policy in vhost_definitions()["policies"]
        if re.search(policy["pattern"], queue)
    ]
    assert found == policies


def test_the_module_prints_definitions_that_a_broker_can_import() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "mare_nameko.topology"], capture_output=True, check=True
    )
    assert json.loads(answer.stdout) == definitions()
