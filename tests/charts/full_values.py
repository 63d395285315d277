"""Values that switch on all objects of charts/playlists and of the charts that it depends on."""

from typing import Any

MIRROR = "mirror.example/team"
LABELS = {"team": "shop", "sidecar.example/inject": "false"}
ANNOTATIONS = {"scanner.example/skip": "true"}
SECRETS = [{"name": "own"}, {"name": "shared"}]
PLACEMENT = {
    "priorityClassName": "system-cluster-critical",
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}},
}
RESOURCES = {"requests": {"cpu": "7m"}, "limits": {"cpu": "3", "memory": "777Mi"}}
EXTENSIONS: dict[str, Any] = {
    "extraEnv": [{"name": "EXTRA", "value": "{{ .Release.Name }}"}],
    "extraVolumes": [{"name": "extra", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "extra", "mountPath": "/extra"}],
    "extraContainers": [{"name": "sidecar", "image": "sidecar.example/proxy:1"}],
    "extraInitContainers": [{"name": "init", "image": "sidecar.example/init:1"}],
    "lifecycle": {"preStop": {"sleep": {"seconds": 77}}},
}
_PODS: dict[str, Any] = {
    "commonLabels": {"team": "shop"},
    "podLabels": {"sidecar.example/inject": "false"},
    "podAnnotations": {**ANNOTATIONS, "mesh.example/inject": "true"},
    "jobPodAnnotations": {"mesh.example/inject": "false"},
    "imagePullSecrets": [SECRETS[0]],
    "jobResources": RESOURCES,
    **PLACEMENT,
}
_PROGRAM = {**EXTENSIONS, "resources": RESOURCES}
_ALERTS = {"prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}}
_MONITORS = {"podMonitor": {"enabled": True}}

FULL: dict[str, Any] = {
    **_PODS,
    "global": {"imageRegistry": MIRROR, "imagePullSecrets": [SECRETS[1]]},
    "gateway": {
        **_PROGRAM,
        "rateLimit": "60/minute",
        "autoscaling": {"enabled": True},
        "ingress": {"enabled": True, "hosts": ["a.example"]},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
    },
    "serviceDefaults": _PROGRAM,
    "services": {"greeter": {"service": "greeter.service:Greeter"}},
    "valkey": {"enabled": True, **_PROGRAM},
    "postgresql": _PROGRAM,
    "events": _PROGRAM,
    "metrics": {**_MONITORS, **_ALERTS},
    "rabbitmq": {
        **_PODS,
        **_PROGRAM,
        "replicas": 3,
        "external": {"type": "LoadBalancer"},
        "tls": {
            "enabled": True,
            "clients": "optional",
            "certManager": {"enabled": True, "issuerRef": {"name": "ca"}},
        },
        "metrics": {
            **_MONITORS,
            **_ALERTS,
        },
    },
    "operator": {
        **_PODS,
        **_PROGRAM,
        "namespaces": [],
        "rbac": {"markPods": True},
        "metrics": {"serviceMonitor": {"enabled": True}, **_ALERTS},
    },
}
