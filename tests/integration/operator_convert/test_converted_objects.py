"""What `mare convert` writes, read by Kubernetes: its YAML parser, the schema and the CEL rules."""

import json
import re
from pathlib import Path

import pytest
import yaml

from mare.convert.conversion import convert
from mare.convert.report import manifests
from tests.control_plane import ControlPlane

EXAMPLES = Path(__file__).parents[2] / "unit/operator_convert/golden"
OUTPUTS = sorted(path for path in EXAMPLES.glob("*.out.yaml") if path.read_text())
ODD = ["1e3", "y", "N", "on", "0x1f", "0o17", "1_000", "~", "null", "1:30", ".5", "-", "Über", "#a"]
"""Words that one YAML parser or another takes for something else."""


@pytest.mark.usefixtures("crd")
@pytest.mark.parametrize("output", OUTPUTS, ids=lambda path: path.name)
def test_each_example_is_accepted_as_it_is(api_server: ControlPlane, namespace: str, output: Path):
    source = re.sub("namespace: (shop|video)", f"namespace: {namespace}", output.read_text())
    api_server.kubectl("create", "-n", namespace, "--filename=-", stdin=source)
    for wanted in yaml.safe_load_all(source):
        name = wanted["metadata"]["name"]
        found = json.loads(api_server.kubectl("get", "-n", namespace, "qa", name, "--output=json"))
        assert _contains(found["spec"], wanted["spec"])


@pytest.mark.usefixtures("crd")
def test_strings_that_look_like_numbers_stay_strings(api_server: ControlPlane, namespace: str):
    trigger = {"host": "amqp://rabbitmq/", "queueLength": "5"}
    given = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "odd", "annotations": {f"a{n}": w for n, w in enumerate(ODD)}},
        "spec": {
            "scaleTargetRef": {"name": "odd"},
            "triggers": [
                {"type": "rabbitmq", "metadata": trigger | {"queueName": word}} for word in ODD[:8]
            ],
        },
    }
    source = manifests(convert([("odd.yaml", yaml.safe_dump(given))]))
    api_server.kubectl("create", "-n", namespace, "--filename=-", stdin=source)
    found = json.loads(api_server.kubectl("get", "-n", namespace, "qa", "odd", "--output=json"))
    assert _contains(found["metadata"]["annotations"], given["metadata"]["annotations"])
    assert [queue["name"] for queue in found["spec"]["queues"]] == ODD[:8]


def _contains(found, wanted) -> bool:
    """Whether everything wanted is there; the API server adds its defaults."""
    if isinstance(wanted, dict):
        return all(name in found and _contains(found[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        pairs = zip(found, wanted, strict=True)
        return all(_contains(part, wanted_part) for part, wanted_part in pairs)
    return found == wanted
