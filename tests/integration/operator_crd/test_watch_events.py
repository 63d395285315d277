"""The events of QueueAutoscalers, as an API server writes them."""

import json
from pathlib import Path

import yaml

from mare.cluster.bounded_answers import shortened
from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import GROUP, PLURAL, VERSION, autoscaler_of


def test_the_identity_of_an_object_is_found_without_decoding(
    api_server: ControlPlane, crd: Path, namespace: str
):
    written = autoscaler_of("worker", {})
    written["metadata"] |= {
        "annotations": {"a": '","namespace":"x"},"spec":{'},
        "labels": {"name": "other", "namespace": "other", "uid": "other"},
        "finalizers": ["example.test/finalizer"],
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "owner"}
        ],
    }
    api_server.kubectl("apply", "-n", namespace, "-f", "-", stdin=yaml.safe_dump(written))
    path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"
    lines = api_server.kubectl("get", "--raw", f"{path}?watch=true&timeoutSeconds=1")
    line = next(each for each in lines.splitlines() if '"kind":"QueueAutoscaler"' in each)

    found = shortened(line.encode())

    assert found is not None
    whole, (of, short) = json.loads(line), found
    identity = {key: whole["object"]["metadata"][key] for key in ("name", "namespace", "uid")}
    assert of == namespace
    assert json.loads(short) == {
        "type": "ADDED",
        "object": {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "QueueAutoscaler",
            "metadata": {
                **identity,
                "resourceVersion": whole["object"]["metadata"]["resourceVersion"],
            },
        },
    }
    api_server.kubectl(
        "patch",
        "qa",
        "worker",
        "-n",
        namespace,
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":null}}',
    )
