"""Defaults of the QueueAutoscaler under tools that compare the cluster with a repository."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.charts.helm import CHARTS

_CRD: Path = CHARTS / "operator/crds/queueautoscalers.mare.dev.yaml"


def _defaults_in_lists(node: dict[str, Any], path: str, *, in_list: bool) -> Iterator[str]:
    if in_list and "default" in node:
        yield path
    for name, child in node.get("properties", {}).items():
        yield from _defaults_in_lists(child, f"{path}.{name}", in_list=in_list)
    if "items" in node:
        yield from _defaults_in_lists(node["items"], f"{path}[]", in_list=True)


def test_argo_cd_finds_no_difference_because_lists_have_no_defaults():
    """Argo CD compares a list of a custom resource as a whole.

    The patch of its comparison is CreateThreeWayJSONMergePatch, which replaces a list that has one
    more field. The object is OutOfSync for ever, and self-heal applies it again and again.
    """
    crd = yaml.safe_load(_CRD.read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

    assert list(_defaults_in_lists(schema, "", in_list=False)) == []
