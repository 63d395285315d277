"""The operator's chart, as Helm renders it, in a namespace of the real API server."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yaml

from devcluster.cluster import KubectlFailed
from tests.charts.accepting import Object
from tests.charts.helm import CHARTS, Helm
from tests.control_plane import ControlPlane
from tests.integration.operator.rights import rights
from tests.vhost import eventually

CHART = CHARTS / "operator"


@pytest.fixture
def bind(
    api_server: ControlPlane, crd: Any, helm: Helm, namespace: str
) -> Callable[[dict[str, Any]], str]:
    """Apply what of the chart has to do with rights; return the user that the operator is."""

    def apply(values: dict[str, Any]) -> str:
        documents = rights(helm, namespace, values)
        api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))
        user = f"system:serviceaccount:{namespace}:mare-operator"
        for role in _bound(documents):
            eventually(lambda role=role: _holds(api_server, user, namespace, role))
        return user

    return apply


def _bound(documents: Sequence[Object]) -> list[Object]:
    """The roles bound to a subject."""
    given = [each["roleRef"] for each in documents if "roleRef" in each]
    names = {(each["kind"], each["name"]) for each in given}
    return [each for each in documents if (each["kind"], each["metadata"]["name"]) in names]


def _holds(api_server: ControlPlane, user: str, home: str, role: Object) -> bool:
    """Whether the API server knows of a role by now: rights hold a moment after they are given."""
    rule = role["rules"][0]
    kind = f"{rule['resources'][0]}.{rule['apiGroups'][0]}"
    what = "/".join([kind, *rule.get("resourceNames", ())])
    whose = (f"--as={user}", f"--namespace={role['metadata'].get('namespace', home)}")
    try:
        api_server.kubectl("auth", "can-i", rule["verbs"][0], what, *whose)
    except KubectlFailed:
        return False
    return True
