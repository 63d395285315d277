"""All that the chart renders, before a real API server in a restricted namespace."""

import json

import pytest

from mare.processes.command import CommandFailed, run
from tests.charts.helm import Helm
from tests.charts.rabbitmq.matrix import CHART, MATRIX
from tests.control_plane import ControlPlane

FOREIGN = {"Certificate"}
"""cert-manager's definition is in no module that a Go proxy serves in parts."""


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_it(helm, accept, values):
    rendered = helm.template(CHART, values)

    accept(each for each in rendered if each["kind"] not in FOREIGN)


def claim(name: str) -> str:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    metadata = {"name": f"data-{name}-0"}
    kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    return json.dumps({**kind, "metadata": metadata, "spec": spec})


@pytest.mark.nightly  # Helm asks the API server what it knows each time
def test_a_broker_beside_volumes_of_a_former_name_is_not_installed(
    helm: Helm, api_server: ControlPlane, namespace: str
):
    def install(*options: str) -> str:
        return run(
            [
                *(str(helm.program), "template", "my-rabbitmq", str(CHART), "--dry-run=server"),
                *(f"--namespace={namespace}", f"--kubeconfig={api_server.kubeconfig}", *options),
            ],
            seconds=60.0,
        )

    def create(name: str) -> None:
        api_server.kubectl("create", f"--namespace={namespace}", "-f", "-", stdin=claim(name))

    create("my-rabbitmq")
    with pytest.raises(CommandFailed, match="Set fullnameOverride to my-rabbitmq to use its data"):
        install()
    install("--set=fullnameOverride=my-rabbitmq")
    create("my-rabbitmq-rabbitmq")
    install()
