"""A release is upgraded under load, rolled back and uninstalled."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devcluster.cluster import Cluster, KubectlFailed
from tests.e2e import certificates
from tests.e2e.application import Application, namespace
from tests.e2e.release import image_values, install
from tests.load.closed_loop import Load
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.timeout(1200)
KINDS = (
    "deployment,statefulset,job,service,ingress,secret,configmap,serviceaccount,role,rolebinding,"
    "poddisruptionbudget,networkpolicy,lease,queueautoscaler,persistentvolumeclaim"
)
SMALL = {
    "gateway": {"ingress": {"enabled": False}},
    # No forecast API is there.
    "serviceDefaults": {"env": {"WEATHER_SOURCES": "none"}},
}
NODE = ("get", "pod", "mare-rabbitmq-0", "--output=jsonpath={.metadata.uid}")
ROLES = ("gateway", "services", "operator")
ROTATED = {"rabbitmq": {"auth": {"revision": 2}}}
KEPT = {
    f"secret/{certificates.BROKER}",
    f"secret/{certificates.CLIENTS}",
    "persistentvolumeclaim/data-mare-rabbitmq-0",
    # A node cannot use the volume without its Erlang cookie and passwords.
    "secret/mare-rabbitmq-credentials",
    "persistentvolumeclaim/data-mare-postgresql-0",
    "persistentvolumeclaim/data-mare-valkey-0",
}


def test_new_passwords_and_a_rolling_upgrade_fail_no_request_and_reset_no_replicas(
    application: Application, chart: Path, images: Mapping[str, str]
):
    node = application.kubectl(*NODE)
    with Load(application.anywhere, clients=24).running() as load:
        eventually(lambda: application.replicas("mare-weather") >= 3, seconds=180)
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

        # All clients restart, as with `kubectl rollout restart`.
        next_release = {"podAnnotations": {"release": "next"}}
        install(application, chart, image_values(images), ROTATED, next_release)

        assert application.replicas("mare-weather") >= 2
        assert not before & set(application.pods("gateway"))

    assert load.failed == []
    assert application.kubectl(*NODE) == node


def test_a_release_rolls_back_under_load(application: Application):
    with Load(application.anywhere, clients=4).running() as load:
        application.cluster.helm(
            *("rollback", application.release, "--namespace", application.namespace),
            *("--wait", "--timeout=8m"),
            seconds=510,
        )

    assert load.failed == []


def test_all_clients_have_certificates_and_uninstall_keeps_only_volumes_and_their_credentials(
    cluster: Cluster, chart: Path, images: Mapping[str, str]
):
    with namespace(cluster, "leaving") as name:
        small = Application(cluster, name)
        small.apply(*certificates.secrets(f"mare-rabbitmq.{name}.svc.cluster.local"))
        install(small, chart, image_values(images), SMALL, certificates.VALUES)

        # A playlist through gateway and services, a message by AMQP, the metrics of the operator.
        cluster.helm("test", small.release, "--namespace", name, "--timeout=4m", seconds=250)
        becomes(lambda: _reading(small), "True", 120)

        cluster.helm(
            "uninstall", small.release, "--namespace", name, "--wait", "--timeout=4m", version=3
        )

        eventually(lambda: not any(small.pods(each) for each in ("gateway", "rabbitmq")), 120)
        becomes(lambda: _remaining(small), KEPT, 120)
        assert f"{name}.mare" not in small.kubectl("get", "clusterrole,clusterrolebinding")


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


def _reading(application: Application) -> str:
    """Return whether the operator reads the queues of a service."""
    conditions = application.status("mare-weather").get("conditions", ())
    return next((each["status"] for each in conditions if each["type"] == "Ready"), "")


def _remaining(application: Application) -> set[str]:
    names = set(application.kubectl("get", KINDS, "--output=name").split())
    return names - {"configmap/kube-root-ca.crt", "serviceaccount/default"}
