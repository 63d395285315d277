"""What `make run` lets its processes do, by the address that it listens on."""

import pytest

from local.run import _about_callbacks, _plan
from local.settings import Settings

BROKER = {"AMQP_URI": "amqp://127.0.0.1", "MANAGEMENT_URI": "http://127.0.0.1"}


@pytest.mark.parametrize(
    ("environ", "allowed"),
    [
        ({}, True),
        ({"GATEWAY_HOST": "::1"}, True),
        ({"WEBHOOKS_ALLOW_LOCALHOST": "false"}, False),
        ({"GATEWAY_HOST": "0.0.0.0"}, False),
        ({"GATEWAY_HOST": "0.0.0.0", "WEBHOOKS_ALLOW_LOCALHOST": "true"}, False),
    ],
)
def test_callbacks_go_to_this_machine_only_if_nobody_else_can_connect(
    tmp_path, monkeypatch, environ, allowed
):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_env({"RUN_FOLDER": str(tmp_path), **environ})

    plan = _plan(settings, BROKER)

    found = {
        program.name: program.environment["WEBHOOKS_ALLOW_LOCALHOST"]
        for program in plan.programs
        if program.name in ("jobs", "webhooks")
    }
    assert found == dict.fromkeys(("jobs", "webhooks"), str(allowed).lower())
    assert ("http://127.0.0.1" in _about_callbacks(settings)) is allowed
