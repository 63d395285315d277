"""Who may read /metrics of an operator that requires a token."""

import requests
import yaml

from tests.integration.operator.stage import Stage

READER = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: prometheus}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: stranger}
"""


def cluster_rights(namespace: str) -> list[dict]:
    """Return the rights of the operator to ask for reviews, and of a reader of metrics."""
    rbac = "rbac.authorization.k8s.io"

    def bound(name: str, role: str, account: str) -> dict:
        subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
        return {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{name}-{namespace}"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [subject],
        }

    role = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": f"metrics-{namespace}"},
        "rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}],
    }
    return [
        role,
        bound("reader", f"metrics-{namespace}", "prometheus"),
        bound("reviewer", "system:auth-delegator", "mare-operator"),
    ]


def test_metrics_require_the_token_of_a_user_with_the_right_to_read_them(own_stage: Stage):
    kubectl, here = own_stage.api_server.kubectl, f"--namespace={own_stage.namespace}"
    kubectl("apply", here, "-f", "-", stdin=READER)
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(cluster_rights(own_stage.namespace)))
    operator = own_stage.operator(MARE_METRICS_AUTHENTICATION="true")

    def status(authorization: str | None, path: str = "metrics") -> int:
        headers = {"Authorization": authorization} if authorization else {}
        url = f"http://127.0.0.1:{operator.port}/{path}"
        return requests.get(url, headers=headers, timeout=30).status_code

    tokens = {
        name: kubectl("create", "token", name, here).strip() for name in ("prometheus", "stranger")
    }
    assert status(f"Bearer {tokens['prometheus']}") == 200
    assert status(f"Bearer {tokens['stranger']}") == 403
    assert status("Bearer forged") == 401
    assert status(f"Basic {tokens['prometheus']}") == 401
    assert status(None) == 401
    assert status(None, "livez") == 200
