"""All that the operator's chart renders, before a real API server in a restricted namespace."""

import pytest

from tests.charts.helm import HELM_3_AT_NIGHT, NAMESPACE
from tests.charts.operator.conftest import CHART

MATRIX = {
    "defaults": {},
    "one namespace": {"namespaces": ["shop"], "replicas": 1},
    "Pods are marked": {"rbac": {"markPods": True}},
    "its own namespace": {"namespaces": ["{{ .Release.Namespace }}"]},
    "no extras": {
        "dashboard": {"enabled": False},
        "rbac": {"create": False},
        "serviceAccount": {"create": False, "name": "mine"},
        "crds": {"install": False},
        "podDisruptionBudget": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "topologySpreadConstraints": [],
    },
    "all extras": {
        "image": {"registry": "mirror.example", "digest": f"sha256:{'0' * 64}"},
        "imagePullSecrets": [{"name": "mirror"}],
        "commonLabels": {"team": "shop"},
        "dashboard": {"prefix": "/mare", "hosts": ["mare.example"]},
        "metrics": {
            "authentication": True,
            "serviceMonitor": {"enabled": True},
            "prometheusRule": {"enabled": True},
        },
        "rbac": {"secretNames": ["broker"], "scaleTargets": [{"apiGroup": "", "resources": ["x"]}]},
        "networkPolicy": {"dashboardFrom": [{"podSelector": {}}]},
        "podAnnotations": {"a": "b"},
        "podLabels": {"a": "b"},
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example"}],
        "extraObjects": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-x"}}
        ],
    },
}


@HELM_3_AT_NIGHT
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_it(each_helm, accept, values):
    home = {**values, "namespaces": [NAMESPACE]} if values.get("namespaces") else values
    each_helm.lint(CHART, home)

    accept(each_helm.template(CHART, home))
