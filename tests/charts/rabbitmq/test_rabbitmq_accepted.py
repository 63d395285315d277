"""All that the chart renders, before a real API server in a restricted namespace."""

import json
import shlex

import pytest

from mare.processes.command import CommandFailed, run
from tests.charts.helm import HELM_3_AT_NIGHT, Helm
from tests.charts.rabbitmq.matrix import CHART, MATRIX
from tests.charts.rabbitmq.runbook import commands
from tests.control_plane import ControlPlane

FOREIGN = {"Certificate"}
"""cert-manager's definition is in no module that a Go proxy serves in parts."""
OUT_OF_SERVICE = {
    "key": "node.kubernetes.io/out-of-service",
    "value": "nodeshutdown",
    "effect": "NoExecute",
}
"""By this taint Kubernetes deletes the Pods of a dead machine, and detaches their volumes."""


@HELM_3_AT_NIGHT
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_it(each_helm: Helm, accept, values):
    each_helm.lint(CHART, values)

    rendered = each_helm.template(CHART, values)

    nodes = "RabbitmqCluster" if "clusterOperator" in values else "StatefulSet"
    assert rendered.one(nodes)["spec"]["replicas"] == values.get("replicas", 1)
    assert "%!" not in rendered.text
    assert "<no value>" not in rendered.text
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


def test_the_runbook_sets_and_removes_the_taint_of_a_dead_machine(api_server: ControlPlane):
    machine = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "dead"}}
    found = [it for it in commands("A machine is dead") if it.startswith("kubectl taint node ")]
    put, remove = (shlex.split(each.replace("MACHINE", "dead"))[1:] for each in found)

    def taints() -> list[dict[str, str]]:
        node = json.loads(api_server.kubectl("get", "node", "dead", "-o", "json"))
        return node["spec"].get("taints", [])

    api_server.kubectl("create", "-f", "-", stdin=json.dumps(machine))
    try:
        api_server.kubectl(*put)
        assert OUT_OF_SERVICE in taints()
        api_server.kubectl(*remove)
        assert OUT_OF_SERVICE["key"] not in {each["key"] for each in taints()}
    finally:
        api_server.kubectl("delete", "node", "dead")
