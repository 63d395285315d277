"""Small inputs for the tests of single rules."""

from typing import Any

import yaml
from click.testing import CliRunner, Result

from mare.cli import mare
from mare.convert.conversion import Conversion, convert
from mare.convert.draft import Draft
from mare.convert.findings import Finding
from mare.custom_resource.checking import check
from mare.documents.schema import Mistake
from mare.documents.tree import spelled

HTTP = "http://u:pw@rabbit:15672/shop"
AMQP = "amqp://u:pw@rabbit:5672/shop"


def rabbitmq(host: str = HTTP, metric_type: str | None = None, **metadata: Any) -> dict[str, Any]:
    trigger = {"type": "rabbitmq", "metadata": {"host": host, "queueName": "orders"} | metadata}
    return trigger | ({"metricType": metric_type} if metric_type else {})


def scaledobject(*triggers: dict[str, Any], annotations: Any = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "orders"} | ({"annotations": annotations} if annotations else {})
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata,
        "spec": {
            "scaleTargetRef": {"name": "orders"},
            "triggers": list(triggers) or [rabbitmq()],
        }
        | spec,
    }


def converted(*objects: dict[str, Any]) -> Conversion:
    return convert([("input.yaml", yaml.safe_dump_all(objects))])


def spec_of(*objects: dict[str, Any]) -> dict[str, Any]:
    """The spec of the only object that comes out."""
    conversion = converted(*objects)
    manifests = [result.manifest for result in conversion.converted if result.manifest]
    assert len(manifests) == 1, refusals(conversion.results[0])
    spec = manifests[0].data()["spec"]
    assert isinstance(spec, dict)
    return spec


def finding(result: Draft, path: str) -> Finding:
    """What became of the value at a path, written as in the report."""
    return next(found for found in result.findings if spelled(found.path) == path)


def refusals(result: Draft) -> list[str]:
    """Why an object is refused."""
    notes = [found.note for found in result.findings if "no output" not in found.note]
    refused = [found.note for found in result.findings if found.outcome.value == "refused"]
    return [problem.note for problem in result.problems] + [
        note for note in refused if note in notes
    ]


def faults(manifest: dict[str, Any]) -> tuple[Mistake, ...]:
    """Why the API server would refuse the object."""
    assert manifest.keys() <= {"apiVersion", "kind", "metadata", "spec"}
    assert manifest["metadata"].keys() <= {"name", "namespace", "labels", "annotations"}
    return check(manifest["spec"]).mistakes


def authentication(kind="TriggerAuthentication", **spec):
    metadata = {"name": "rabbit"} | ({} if kind.startswith("Cluster") else {"namespace": "shop"})
    return {"apiVersion": "keda.sh/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def user(kind=None, **metadata):
    reference = {"name": "rabbit"} | ({"kind": kind} if kind else {})
    trigger = {
        "type": "rabbitmq",
        "metadata": {"queueName": "orders"} | metadata,
        "authenticationRef": reference,
    }
    found = scaledobject(trigger)
    found["metadata"]["namespace"] = "shop"
    return found


def secret_ref(parameter, key=None):
    return {"parameter": parameter, "name": "old", "key": key or parameter}


def command_of(*objects) -> str:
    [result] = converted(*objects).converted
    [command] = [found.command for found in result.findings if found.command]
    return command


def many(host: str = HTTP) -> str:
    """Six objects as `kubectl get -o yaml` prints them."""
    items = []
    for number in range(6):
        given = scaledobject(
            rabbitmq(host, queueName=f"q{number}"), scaleTargetRef={"name": f"w{number}"}
        )
        given["metadata"] = {
            "name": f"w{number}",
            "namespace": "shop",
            "uid": f"{number}",
            "resourceVersion": "1",
            "managedFields": [{"manager": "kubectl", "fieldsV1": {}}],
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
        }
        items.append(given | {"status": {"hpaName": "x", "conditions": [{"type": "Ready"}]}})
    return yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items})


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(mare, ["convert", *arguments], input=stdin)
