"""ServiceAccounts, their rights and kubeconfigs, to test with restricted rights."""

from typing import Any

from tests.control_plane import ControlPlane


def service_account_kubeconfig(
    control_plane: ControlPlane, namespace: str, name: str
) -> dict[str, Any]:
    """Return a kubeconfig for an existing ServiceAccount; its token is valid for one hour."""
    token = control_plane.kubectl("create", "token", name, f"--namespace={namespace}").strip()
    cluster = {
        "server": control_plane.uri,
        "certificate-authority": str(control_plane.certificate_authority),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [
            {"name": name, "context": {"cluster": "cluster", "user": name, "namespace": namespace}}
        ],
        "current-context": name,
    }


def service_account(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def right(account: str, verb: str, resource: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return Role and RoleBinding of one right on a resource, such as `leases.GROUP`."""
    group, api = "rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1"
    plural, _, of_group = resource.partition(".")
    metadata = {"name": f"{account}-{verb}-{plural}"}
    rule = {"apiGroups": [of_group], "resources": [plural], "verbs": [verb]}
    role = {"apiVersion": api, "kind": "Role", "metadata": metadata, "rules": [rule]}
    binding = {
        "apiVersion": api,
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "Role", **metadata},
        "subjects": [{"kind": "ServiceAccount", "name": account}],
    }
    return role, binding
