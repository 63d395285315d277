"""Values that together switch on every branch of the chart."""

from typing import Any

from tests.charts.helm import CHARTS

CHART = CHARTS / "rabbitmq"

ISSUER = {"enabled": True, "issuerRef": {"name": "ca", "kind": "ClusterIssuer"}}
MATRIX: dict[str, dict[str, Any]] = {
    "defaults": {},
    "three": {"replicas": 3, "resources": {"limits": {"memory": "2Gi"}}},
    "none": {"replicas": 0},
    "debian": {"image": {"repository": "mirror.example/rabbitmq", "tag": "x", "version": "4.0"}},
    "tls": {"replicas": 3, "tls": {"enabled": True, "only": True, "certManager": ISSUER}},
    "tls beside plain": {
        "tls": {
            "enabled": True,
            "existingSecret": "mine",
            "ca": "PEM",
            "clients": "required",
            "clientSecret": "clients",
        }
    },
    "certificates of clients": {
        "replicas": 3,
        "tls": {
            "enabled": True,
            "only": True,
            "interNode": True,
            "clients": "required",
            "certManager": ISSUER,
        },
    },
    "everything": {
        "replicas": 5,
        "commonLabels": {"team": "shop"},
        "image": {"registry": "mirror.example", "digest": f"sha256:{'0' * 64}"},
        "imagePullSecrets": [{"name": "mirror"}],
        "vhost": "my/shop",
        "auth": {"existingSecret": "mine", "secretKeys": {"erlang-cookie": "cookie"}},
        "users": {
            "gateway": None,
            "reader": {"tags": [], "connection": ["amqp"]},
        },
        "definitions": {
            "existingSecret": "more",
            "vhosts": [{"name": "other"}],
            "queues": [{"name": "mine", "durable": True, "arguments": {}}],
            "policies": [{"name": "p", "pattern": "^mine$", "definition": {"max-length": 1}}],
        },
        "plugins": ["rabbitmq_shovel"],
        "extraConfig": "heartbeat = 30",
        "extraConfigSecret": "more-config",
        "advancedConfig": "[{rabbit, []}].",
        "logFormat": "json",
        "service": {
            "annotations": {"a": "b"},
            "ipFamilyPolicy": "PreferDualStack",
            "ipFamilies": ["IPv4"],
            "trafficDistribution": "PreferSameZone",
        },
        "external": {
            "type": "LoadBalancer",
            "annotations": {"a": "b"},
            "spec": {"externalTrafficPolicy": "Local"},
        },
        "ipv6Only": True,
        "ingress": {"enabled": True, "className": "x", "host": "a.example", "tlsSecret": "a"},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
        "persistence": {"storageClass": "fast", "labels": {"a": "b"}, "whenDeleted": "Delete"},
        "probes": {"liveness": False},
        "networkPolicy": {
            "managementFrom": [{"namespaceSelector": {"matchLabels": {"team": "web"}}}],
            "operators": [{"namespace": "mare", "instance": "mare"}],
            "egress": [{"ports": [{"port": 389}]}],
        },
        "metrics": {
            "serviceMonitor": {"enabled": True, "labels": {"a": "b"}},
            "prometheusRule": {"enabled": True},
            "dashboard": {"enabled": True},
        },
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "podLabels": {"a": "b"},
        "podAnnotations": {"a": "b"},
        "extraEnv": [{"name": "A", "value": "{{ .Release.Name }}"}],
        "extraVolumes": [{"name": "extra", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "extra", "mountPath": "/extra"}],
        "extraObjects": [
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ .Release.Name }}-more'}}"
        ],
    },
    "cluster operator": {
        "clusterOperator": {"enabled": True, "spec": {"delayStartSeconds": 5}},
        "replicas": 3,
        "imagePullSecrets": [{"name": "mirror"}],
        "service": {"annotations": {"a": "b"}, "ipFamilyPolicy": "PreferDualStack"},
        "persistence": {"storageClass": "fast"},
        "plugins": ["rabbitmq_shovel"],
        "extraConfig": "heartbeat = 30",
        "advancedConfig": "[{rabbit, []}].",
        "tls": {"enabled": True, "only": True, "clients": "required", "certManager": ISSUER},
        "metrics": {"podMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}},
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "podLabels": {"a": "b"},
        "podAnnotations": {"a": "b"},
        "upgrade": {"preflight": False},
    },
    "memory only": {
        "persistence": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "serviceAccount": {"create": False},
        "upgrade": {"preflight": False, "featureFlags": False, "guard": False},
        "topology": {"nameko": False},
        "topologySpreadConstraints": [],
        "metrics": {"podMonitor": {"enabled": True}},
    },
}
