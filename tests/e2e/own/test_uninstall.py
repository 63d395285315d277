"""A small release with certificates of its own is installed and uninstalled."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from devcluster.cluster import Cluster
from tests.e2e import certificates
from tests.e2e.application import Application, namespace
from tests.e2e.release import image_values, install
from tests.vhost import becomes, eventually

KINDS = (
    "deployment,statefulset,job,service,ingress,secret,configmap,serviceaccount,role,rolebinding,"
    "poddisruptionbudget,networkpolicy,lease,queueautoscaler,persistentvolumeclaim"
)
SMALL = {
    "gateway": {"ingress": {"enabled": False}},
    # No forecast API is there.
    "serviceDefaults": {"env": {"WEATHER_SOURCES": "none"}},
}
KEPT = {
    f"secret/{certificates.BROKER}",
    f"secret/{certificates.CLIENTS}",
    "persistentvolumeclaim/data-mare-rabbitmq-0",
    # A node cannot use the volume without its Erlang cookie and passwords.
    "secret/mare-rabbitmq-credentials",
    "persistentvolumeclaim/data-mare-postgresql-0",
    "persistentvolumeclaim/data-mare-valkey-0",
    # The operator has created it.
    "lease.coordination.k8s.io/mare-operator",
}


@pytest.mark.timeout(1200)
@pytest.mark.nightly
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


def _reading(application: Application) -> str:
    """Return whether the operator reads the queues of a service."""
    conditions = application.status("mare-weather").get("conditions", ())
    return next((each["status"] for each in conditions if each["type"] == "Ready"), "")


def _remaining(application: Application) -> set[str]:
    names = set(application.kubectl("get", KINDS, "--output=name").split())
    return names - {"configmap/kube-root-ca.crt", "serviceaccount/default"}
