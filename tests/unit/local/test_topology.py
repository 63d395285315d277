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


def test_an_administrator_may_do_everything_in_the_virtual_host() -> None:
    found = definitions("other", {"ann": "secret"})
    assert found["users"] == [{"name": "ann", "password": "secret", "tags": ["administrator"]}]
    assert found["permissions"] == [
        {"user": "ann", "vhost": "other", "configure": ".*", "write": ".*", "read": ".*"}
    ]
    assert found["vhosts"] == [{"name": "other", "metadata": {"default_queue_type": "quorum"}}]
    assert {item["vhost"] for item in found["policies"] + found["queues"]} == {"other"}


def test_each_dead_letter_reaches_a_queue_that_survives_a_node() -> None:
    found = vhost_definitions()
    dead = {"name": "dead-letters", "durable": True, "auto_delete": False}
    assert found["exchanges"] == [{**dead, "type": "topic", "arguments": {}}]
    assert found["queues"] == [{**dead, "arguments": {"x-queue-type": "quorum"}}]
    (binding,) = found["bindings"]
    assert (binding["source"], binding["destination"]) == ("dead-letters", "dead-letters")
    assert (binding["destination_type"], binding["routing_key"]) == ("queue", "#")


def test_policies_bound_queues_and_keep_what_they_refuse() -> None:
    policies = {each["name"]: each for each in vhost_definitions()["policies"]}
    bounded = {"max-length": 100_000, "overflow": "reject-publish"}
    work = {"dead-letter-exchange": "dead-letters", **bounded}
    safe = {"dead-letter-strategy": "at-least-once"}
    assert {name: each["definition"] for name, each in policies.items()} == {
        "work": {**work, **safe, "delivery-limit": 5},
        "events": {**work, **safe, "delivery-limit": 20},
        "work-classic": work,
        "retries": {**bounded, **safe},
        "replies": {"expires": 60_000},
        "dead-letters": {
            "max-length": 100_000,
            "overflow": "reject-publish",
            "delivery-limit": 1_000_000,
        },
    }
    assert policies["work"]["priority"] > policies["work-classic"]["priority"]
    assert {each["apply-to"] for each in policies.values()} == {"queues"}


@pytest.mark.parametrize(
    ("queue", "policies"),
    [
        ("rpc-weather", ["work", "work-classic"]),
        ("evt-weather-changed--playlists.on_change", ["work", "events", "work-classic"]),
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
