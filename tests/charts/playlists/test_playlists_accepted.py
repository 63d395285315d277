"""All that the application's chart renders, before a real API server in a restricted namespace."""

import pytest

from tests.charts.helm import HELM_3_AT_NIGHT
from tests.charts.playlists.conftest import ALONE

MATRIX = {
    "defaults": {},
    "alone": ALONE,
    "everything": {
        "image": {"registry": "mirror.example", "tag": "1"},
        "imagePullSecrets": [{"name": "mirror"}],
        "commonLabels": {"team": "shop"},
        "valkey": {"enabled": True, "persistence": {"storageClassName": "fast"}},
        "gateway": {
            "rateLimit": "60/minute",
            "autoscaling": {"enabled": True},
            "secretEnv": {"OTEL_EXPORTER_OTLP_HEADERS": {"secretName": "otel", "key": "headers"}},
            "service": {
                "ipFamilyPolicy": "PreferDualStack",
                "trafficDistribution": "PreferSameZone",
            },
            "ingress": {
                "enabled": True,
                "className": "traefik",
                "hosts": ["a.example", "b.example"],
                "tls": [{"secretName": "tls", "hosts": ["a.example"]}],
            },
            "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
        },
        "services": {"weather": {"replicas": 3, "autoscaling": {"enabled": False}}, "music": None},
        "metrics": {"podMonitor": {"enabled": True}},
        "networkPolicy": {"gatewayFrom": [{"podSelector": {}}]},
        "podAnnotations": {"a": "b"},
        "podLabels": {"a": "b"},
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
    },
}


@HELM_3_AT_NIGHT
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_api_server_takes_it(each_helm, chart, accept, values):
    each_helm.lint(chart, values)

    accept(each_helm.template(chart, values))
