"""Kubeconfigs for ServiceAccounts, to test with restricted rights."""

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
