"""Pods that are killed at the end of their grace period, as a list and a watch report them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mare.cluster.killed_pods import watch_killed
from mare.cluster.paths import ApiPath
from mare.tenant_scheduler import TenantScheduler

LABEL = ("labelSelector", "app=a")
RUNNING = {"running": {}}
STOPPED = {"terminated": {"exitCode": 0, "reason": "Completed"}}
KILLED = {"terminated": {"exitCode": 137, "reason": "Error"}}
OUT_OF_MEMORY = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


def pod(name: str, state: dict[str, Any], *, terminates: bool = True) -> dict[str, Any]:
    metadata = {"name": name, "uid": f"uid-{name}"}
    if terminates:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:30Z"
    return {"metadata": metadata, "status": {"containerStatuses": [{"state": state}]}}


class FakeApi:
    """Lists Pods in pages of two, then has these changes, then none."""

    def __init__(self, listed: list[dict[str, Any]], *changes: tuple[str, dict[str, Any]]) -> None:
        self.left = [*changes]
        self._listed = listed

    async def pages(self, path: ApiPath, *selectors: tuple[str, str]) -> AsyncIterator[dict]:
        assert selectors == (LABEL,)
        for first in range(0, max(len(self._listed), 1), 2):
            items = self._listed[first : first + 2]
            yield {"items": items, "metadata": {"resourceVersion": "7"}}

    async def changes(
        self, path: ApiPath, version: str, *selectors: tuple[str, str]
    ) -> AsyncIterator[tuple[str, dict]]:
        assert (version, selectors) == ("7", (LABEL,))
        while self.left:
            yield self.left.pop(0)
        await asyncio.Event().wait()


def killed(api: FakeApi, replicas: int = 1) -> list[str]:
    found: list[str] = []

    def on_killed(uid: str, name: str) -> None:
        assert uid == f"uid-{name}"
        found.append(name)

    async def timeline() -> None:
        tenant = TenantScheduler().of("shop")
        await asyncio.wait_for(watch_killed(api, tenant, "app=a", replicas, on_killed), 10)

    asyncio.run(timeline())
    return found


STAYS = pod("stays", RUNNING, terminates=False)


@pytest.mark.parametrize(
    ("last", "found"),
    [
        pytest.param(KILLED, ["ends"], id="killed"),
        pytest.param(STOPPED, [], id="stopped in time"),
        pytest.param(OUT_OF_MEMORY, [], id="killed for lack of memory"),
        pytest.param(RUNNING, [], id="deleted by force"),
    ],
)
def test_the_last_event_of_a_deleted_pod_shows_whether_it_was_killed(last, found):
    api = FakeApi([STAYS, pod("ends", RUNNING)], ("DELETED", pod("ends", last)))

    assert killed(api) == found


def test_a_killed_pod_is_not_awaited_until_it_is_deleted():
    api = FakeApi(
        [STAYS, pod("one", KILLED), pod("two", RUNNING)],
        ("MODIFIED", pod("two", KILLED)),
        ("DELETED", pod("two", KILLED)),
    )

    assert killed(api) == ["one", "two"]
    assert len(api.left) == 1


def test_nothing_is_watched_once_no_more_pods_are_left_than_replicas():
    api = FakeApi([STAYS], ("DELETED", pod("ends", KILLED)))

    assert killed(api) == []
    assert len(api.left) == 1


def test_pods_whose_end_has_not_begun_are_watched():
    api = FakeApi(
        [STAYS, pod("late", RUNNING, terminates=False)],
        ("MODIFIED", pod("late", RUNNING)),
        ("DELETED", pod("late", KILLED)),
    )

    assert killed(api) == ["late"]


def test_a_container_that_is_killed_and_starts_again_is_not_a_killed_replica():
    api = FakeApi(
        [STAYS, pod("unwell", RUNNING, terminates=False)],
        ("MODIFIED", pod("unwell", KILLED, terminates=False)),
        ("DELETED", pod("unwell", STOPPED)),
    )

    assert killed(api) == []
