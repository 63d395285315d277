"""The operator's rights, as its chart gives them: what is tested is what is installed."""

from collections.abc import Mapping
from typing import Any

from devcluster.programs import programs
from tests.charts.helm import CHARTS, Helm

_KINDS = (
    *("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
)
_NOT_FOR_THE_OPERATOR = {"crds": {"install": False}}


def rights(helm: Helm, home: str, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the objects that give the ServiceAccount ``mare-operator`` of ``home`` its rights."""
    manifests = helm.template(
        CHARTS / "operator", {**_NOT_FOR_THE_OPERATOR, **values}, name="mare", namespace=home
    )
    return [each for each in manifests if each["kind"] in _KINDS]


def rights_in(home: str, namespaces: list[str], **rbac: Any) -> list[Mapping[str, Any]]:
    """Return the same for an operator of these namespaces, or without any, of the whole cluster."""
    program = programs(("helm4",))
    usual = {"aggregate": False, "markPods": bool(namespaces)}
    values = {"namespaces": namespaces, "rbac": {**usual, **rbac}}
    return rights(Helm(program / "helm4"), home, values)
