"""A release is upgraded under load, rolled back and uninstalled."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from devcluster.cluster import Cluster
from tests.e2e.application import Application, namespace
from tests.e2e.release import image_values, install
from tests.load.asking import Load
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.timeout(1200)
KINDS = (
    "deployment,statefulset,job,service,ingress,secret,configmap,serviceaccount,role,rolebinding,"
    "poddisruptionbudget,networkpolicy,lease,queueautoscaler,persistentvolumeclaim"
)
KEPT = {
    "persistentvolumeclaim/data-mare-rabbitmq-0",
    # A node cannot use the volume without its Erlang cookie and passwords.
    "secret/mare-rabbitmq-credentials",
    "persistentvolumeclaim/data-mare-postgresql-0",
    "persistentvolumeclaim/data-mare-valkey-0",
}


def test_a_rolling_upgrade_fails_no_request_and_resets_no_replicas(
    application: Application, chart: Path, images: Mapping[str, str]
):
    with Load(application.anywhere, clients=24).running() as load:
        eventually(lambda: application.replicas("mare-weather") >= 3, seconds=180)
        before = set(application.pods("gateway"))

        install(application, chart, image_values(images), {"podAnnotations": {"release": "next"}})

        assert application.replicas("mare-weather") >= 2
        assert not before & set(application.pods("gateway"))

    assert load.failed == []


def test_a_release_rolls_back_under_load(application: Application):
    with Load(application.anywhere, clients=4).running() as load:
        application.cluster.helm(
            *("rollback", application.release, "--namespace", application.namespace),
            *("--wait", "--timeout=8m"),
            seconds=510,
        )

    assert load.failed == []


def test_uninstall_keeps_only_volumes_and_their_credentials(
    cluster: Cluster, chart: Path, images: Mapping[str, str]
):
    with namespace(cluster, "leaving") as name:
        small = Application(cluster, name)
        install(small, chart, image_values(images), {"gateway": {"ingress": {"enabled": False}}})

        cluster.helm(
            "uninstall", small.release, "--namespace", name, "--wait", "--timeout=4m", version=3
        )

        eventually(lambda: not any(small.pods(each) for each in ("gateway", "rabbitmq")), 120)
        becomes(lambda: _remaining(small), KEPT, 120)
        assert f"{name}.mare" not in small.kubectl("get", "clusterrole,clusterrolebinding")


def _remaining(application: Application) -> set[str]:
    names = set(application.kubectl("get", KINDS, "--output=name").split())
    return names - {"configmap/kube-root-ca.crt", "serviceaccount/default"}
