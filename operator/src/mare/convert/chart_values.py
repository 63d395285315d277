"""The values of the operator's chart that the converted objects need."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from mare.convert.draft import Draft

_DEFAULT = {"apiGroup": "apps", "resources": ["deployments", "statefulsets"]}
_OF_DEFAULT = {("apps", "Deployment"), ("apps", "StatefulSet")}


def chart_values(objects: Iterable[Draft]) -> dict[str, Any]:
    """Return the rights, of which the chart grants no more than Deployments need by default."""
    specs = [each.manifest.data()["spec"] for each in objects]
    targets = [spec["scaleTargetRef"] for spec in specs if "scaleTargetRef" in spec]
    kinds = [_group_and_kind(target) for target in targets]
    rbac: dict[str, Any] = {}
    if any(kind != ("apps", "StatefulSet") for kind in kinds):
        rbac["markPods"] = True
    if len(targets) < len(specs):
        rbac["jobs"] = True
    others = dict.fromkeys(kind for kind in kinds if kind not in _OF_DEFAULT)
    if others:
        more = [{"apiGroup": group, "resources": [_plural(kind)]} for group, kind in others]
        rbac["scaleTargets"] = [_DEFAULT, *more]
    names = (spec.get("brokerRef", {}).get("secretName") for spec in specs)
    rbac["secretNames"] = sorted({name for name in names if name})
    return {"rbac": rbac}


def remarks(objects: Iterable[Draft]) -> str:
    """Return what a person checks about these values."""
    named = {each.scale_target[0]: each.document.qualified_name for each in objects}
    found = [
        f"Check that kubectl api-resources has {_plural(kind)} for {kind}."
        for kind in named
        if kind not in ("Job", *(kind for _, kind in _OF_DEFAULT))
    ]
    if "StatefulSet" in named:
        found.append(
            "A StatefulSet removes its last Pod first, busy or not, so that victims.policy has no"
            f" effect ({named['StatefulSet']})."
        )
    return " ".join(found)


def as_yaml(values: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=10**9)
    return text.rstrip()


def _group_and_kind(target: dict[str, str]) -> tuple[str, str]:
    group, _, version = target.get("apiVersion", "apps/v1").partition("/")
    return (group if version else "", target.get("kind", "Deployment"))


def _plural(kind: str) -> str:
    """Return the resource of a kind by the rule of most resources."""
    return f"{kind.lower()}s"
