"""A release is upgraded under load and rolled back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devcluster.cluster import KubectlFailed
from tests.e2e.application import Application
from tests.e2e.release import image_values, install
from tests.load.closed_loop import Load
from tests.vhost import eventually

pytestmark = pytest.mark.timeout(1200)
NODE = ("get", "pod", "mare-rabbitmq-0", "--output=jsonpath={.metadata.uid}")
ROLES = ("gateway", "services", "operator")
ROTATED = {"rabbitmq": {"auth": {"revision": 2}}}
NEXT_RELEASE = {"podAnnotations": {"release": "next"}}


def test_a_rolling_upgrade_fails_no_request_and_resets_no_replicas(
    application: Application, chart: Path, images: Mapping[str, str]
):
    """All clients of the broker restart, as with `kubectl rollout restart`."""
    node = application.kubectl(*NODE)
    with Load(application.anywhere, clients=8).running() as load:
        eventually(lambda: application.replicas("mare-weather") >= 2, seconds=180)
        before = set(application.pods("gateway"))
        install(application, chart, image_values(images), NEXT_RELEASE)
        assert application.replicas("mare-weather") >= 2
        assert not before & set(application.pods("gateway"))

    assert load.failed == []
    assert application.kubectl(*NODE) == node


@pytest.mark.nightly
def test_new_passwords_and_a_rolling_upgrade_fail_no_request_and_reset_no_replicas(
    application: Application, chart: Path, images: Mapping[str, str]
):
    node = application.kubectl(*NODE)
    with Load(application.anywhere, clients=8).running() as load:
        eventually(lambda: application.replicas("mare-weather") >= 2, seconds=180)
        before = set(application.pods("gateway"))

        passwords = {f"{user}-password": f"{user}-2" for user in ROLES}
        change = json.dumps({"stringData": passwords})
        application.kubectl("patch", "secret", "mare-rabbitmq-credentials", f"--patch={change}")
        slow = {"services": {"webhooks": {"extraInitContainers": [_sleep(images["services"])]}}}
        # So Helm still waits for Pods when clients are refused: they have a new password first.
        install(application, chart, image_values(images), ROTATED, slow)
        # A Job gives them to the broker; Helm does not wait for it.
        changed = [(user, f"{user}-2") for user in ROLES]
        eventually(lambda: all(_is_password(application, *each) for each in changed), seconds=120)

        install(application, chart, image_values(images), ROTATED, NEXT_RELEASE)

        assert application.replicas("mare-weather") >= 2
        assert not before & set(application.pods("gateway"))

    assert load.failed == []
    assert application.kubectl(*NODE) == node


@pytest.mark.nightly
def test_a_release_rolls_back_under_load(
    application: Application, chart: Path, images: Mapping[str, str]
):
    install(application, chart, image_values(images), NEXT_RELEASE)

    with Load(application.anywhere, clients=4).running() as load:
        application.cluster.helm(
            *("rollback", application.release, "--namespace", application.namespace),
            *("--wait", "--timeout=8m"),
            seconds=510,
        )

    assert load.failed == []


def _sleep(image: str) -> dict[str, Any]:
    return {
        "name": "sleep",
        "image": image,
        "command": ["python", "-c", "import time; time.sleep(30)"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _is_password(application: Application, user: str, password: str) -> bool:
    command = ("rabbitmqctl", "authenticate_user", user, password)
    try:
        application.kubectl("exec", "mare-rabbitmq-0", "--", *command)
    except KubectlFailed:
        return False
    return True
