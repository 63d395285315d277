"""Which definition of the custom resource a cluster has after `mare apply-crd`."""

import asyncio
from typing import Any

import pytest

from mare.cluster.crd import apply_crd


def definition(version: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/version": version}
    conditions = [{"type": "Established", "status": "True"}]
    return {"metadata": {"name": "crd", "labels": labels}, "status": {"conditions": conditions}}


@pytest.mark.parametrize(
    ("present", "is_applied"),
    [
        pytest.param("0.9.0", True, id="older"),
        pytest.param("0.10.0-rc1", True, id="a release candidate of it"),
        pytest.param("0.10.0", True, id="the same, in which a field may be missing"),
        pytest.param("0.11.0", False, id="newer"),
    ],
)
def test_a_definition_is_applied_unless_the_present_one_is_newer(present, is_applied):
    methods: list[str] = []

    class Api:
        async def request(self, method: str, *_: Any, **__: Any) -> dict[str, Any]:
            methods.append(method)
            return definition(present)

    found = asyncio.run(apply_crd(Api(), definition("0.10.0")))

    assert ("PATCH" in methods) is is_applied
    assert found == ("0.10.0" if is_applied else present)
