"""Would the API server take it all? Asked by dry runs, where it does everything but keep it."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.control_plane import ControlPlane

Object = Mapping[str, Any]
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


def try_all(api_server: ControlPlane, namespace: str, objects: Iterable[Object]) -> None:
    """Apply without keeping, and start each Pod that they would, in a restricted namespace.

    Raises KubectlFailed with what the API server says. ServiceAccounts are kept: Pods ask for them.
    """
    listed = list(objects)
    api_server.kubectl("label", "--overwrite", "namespace", namespace, RESTRICTED)
    pods = [pod for each in listed for pod in _pods(each, namespace)]
    for name in {pod["spec"].get("serviceAccountName", "default") for pod in pods}:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
        options = ("--server-side", "--force-conflicts", f"--namespace={namespace}")
        api_server.kubectl("apply", *options, "-f", "-", stdin=json.dumps(account))
    _dry_run(api_server, namespace, [*listed, *pods])


def _dry_run(api_server: ControlPlane, namespace: str, objects: list[Object]) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    options = ("--server-side", "--dry-run=server", "--force-conflicts", "--validate=strict")
    api_server.kubectl("apply", *options, f"--namespace={namespace}", "-f", "-", stdin=text)


def _pods(workload: Object, namespace: str) -> Iterator[Object]:
    template = workload.get("spec", {}).get("template")
    if template is None or "containers" not in template.get("spec", {}):
        return
    name = f"{workload['kind']}-{workload['metadata']['name']}".lower()
    metadata = {**template.get("metadata", {}), "name": name, "namespace": namespace}
    spec = copy.deepcopy(template["spec"])
    claims = workload["spec"].get("volumeClaimTemplates", ())
    volumes = [{"name": each["metadata"]["name"], "emptyDir": {}} for each in claims]
    spec["volumes"] = [*spec.get("volumes", ()), *volumes]
    yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
