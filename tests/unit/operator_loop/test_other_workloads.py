"""Workloads that no object names yet, or no longer, of which a watch shows all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.ports import NOT_READ_YET
from tests.unit.operator_loop.test_workloads import Api, item, play, scale_of, settle, target


def test_a_workload_that_is_requested_after_its_page_was_listed_is_read():
    """It was not remembered: its selector is long."""

    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        second_page = asyncio.Event()

        async def pages(path: ApiPath, *, accept: str) -> AsyncIterator[dict[str, Any]]:
            yield {"metadata": {"resourceVersion": "1"}, "items": [item("a", {"app": "a" * 300})]}
            await second_page.wait()
            yield {"metadata": {"resourceVersion": "1"}, "items": [item("b")]}

        api.pages = pages  # type: ignore[method-assign]
        watched.get(target("b", "apps/v1"))
        await settle()
        assert watched.get(target("a", "apps/v1")) == NOT_READ_YET
        second_page.set()
        assert (await scale_of(watched, target("a", "apps/v1"))).replicas == 1
        assert api.reads == ["a"]

    play(timeline)


@pytest.mark.parametrize("changed", [False, True])
def test_the_newest_scale_of_a_workload_without_an_autoscaler_is_used(*, changed: bool):
    """Replicas of a deleted object are restored for hours."""

    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        await scale_of(watched, target("a", "apps/v1"))
        await scale_of(watched, target("b", "apps/v1"))
        watched.keep_only([target("a", "apps/v1")])
        api.replicas["b"] = 7
        await watched.refresh(target("b", "apps/v1"))
        if changed:
            api.events.put_nowait(("MODIFIED", item("b")))
            await settle()
        assert watched.get(target("b", "apps/v1")).replicas == (1 if changed else 7)

    play(timeline)
