"""Would the API server take it all? Asked by dry runs, where it does everything but keep it."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.control_plane import ControlPlane

Object = Mapping[str, Any]
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


def try_all(api_server: ControlPlane, namespace: str, objects: Iterable[Object]) -> None:
    """Apply without keeping, and start each Pod that they would.

    Raises KubectlFailed with what the API server says. ServiceAccounts are kept: Pods ask for them.
    """
    listed = list(objects)
    pods = [pod for each in listed for pod in _pods(each, namespace)]
    names = sorted({pod["spec"].get("serviceAccountName", "default") for pod in pods})
    accounts = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}} for name in names
    ]
    _apply(api_server, namespace, accounts)
    _apply(api_server, namespace, [*listed, *pods], "--dry-run=server", "--validate=strict")


def _apply(
    api_server: ControlPlane, namespace: str, objects: Sequence[Object], *options: str
) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    where = ("--server-side", "--force-conflicts", f"--namespace={namespace}", "-f", "-")
    api_server.kubectl("apply", *options, *where, stdin=text)


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
