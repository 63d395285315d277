"""Long lists are read in pages, and watches are not renewed at once."""

import pytest
from aiohttp import web

from mare.cluster import api as api_requests
from mare.cluster.api import Api, Expired
from mare.cluster.objects import StoredObjects
from mare.cluster.paths import Resource
from mare.custom_resource.autoscaler import Key
from mare.ports import NotFound, Unavailable
from tests.unit.operator_loop.worlds import body

BOOKMARK = '{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "8"}}}\n'
CHANGE = '{"type": "MODIFIED", "object": {"metadata": {"resourceVersion": "8"}}}\n'
THINGS = Resource("v1", "things").path()
_NAMES = [f"uid-{number}" for number in range(250)]


def _listed(request: web.Request) -> web.Response:
    """As an API server does: a part, and the word that leads to the next one."""
    begin, limit = int(request.query.get("continue", "0")), int(request.query["limit"])
    end = begin + limit
    items = [{"metadata": {"uid": uid}} for uid in _NAMES[begin:end]]
    following = str(end) if end < len(_NAMES) else ""
    return web.json_response({"metadata": {"continue": following}, "items": items})


def _expired(request: web.Request) -> web.Response:
    if "continue" in request.query:
        return web.json_response({"message": "too old"}, status=410)
    return _listed(request)


async def test_a_list_of_three_parts_is_whole_and_no_part_is_long(served):
    async with served(_listed) as (api, _):
        assert [len(page["items"]) async for page in api.pages(THINGS)] == [100, 100, 50]
        assert await StoredObjects(api, "me").uids(("shop",)) == set(_NAMES)


async def test_a_page_is_released_before_the_next_one_is_read(served):
    """Two decoded pages of 4 MiB take 98 MB."""
    async with served(_listed) as (api, _):
        pages = api.pages(THINGS)
        page = await anext(pages)
        assert len(page["items"]) == 100
        await anext(pages)
        assert page == {}


async def test_a_list_is_not_read_from_a_cache_of_the_api_server(served):
    """A resourceVersion, also one of 0, allows it to return an older list."""
    queries = []

    def listed(request: web.Request) -> web.Response:
        queries.append(set(request.query))
        return _listed(request)

    async with served(listed) as (api, _):
        await StoredObjects(api, "me").uids(("shop",))
    assert queries == [{"limit"}, {"limit", "continue"}, {"limit", "continue"}]


async def test_an_incomplete_list_is_not_used(served):
    async with served(_expired) as (api, _):
        with pytest.raises(Expired):
            await StoredObjects(api, "me").uids(("shop",))


async def test_a_list_of_metadata_without_objects_is_empty(served):
    async with served(lambda _: web.json_response({"metadata": {}, "items": None})) as (api, _):
        assert await StoredObjects(api, "me").uids(("shop",)) == set()


async def test_an_object_is_read_with_the_right_to_list_objects(served):
    """The chart gives the right to get one only with `rbac.jobs`."""
    name = "worker"

    def listed(request: web.Request) -> web.Response:
        if not request.path.endswith("/queueautoscalers"):
            return web.json_response({"message": "forbidden"}, status=403)
        found = [body(name)] if request.query["fieldSelector"] == f"metadata.name={name}" else []
        return web.json_response({"metadata": {}, "items": found})

    async with served(listed) as (api, _):
        objects = StoredObjects(api, "me")
        with pytest.raises(NotFound, match="other does not exist"):
            await objects.read(Key("shop", "other"))
        assert (await objects.read(Key("shop", name)))["metadata"]["uid"] == "uid-worker"


@pytest.mark.parametrize(
    ("line", "versions"),
    [("", ["7"]), (BOOKMARK, ["7"]), (CHANGE, ["7", "8", "8"])],
    ids=["nothing", "a bookmark", "a change"],
)
async def test_a_watch_that_ends_at_once_is_renewed_only_after_a_change(
    served, monkeypatch: pytest.MonkeyPatch, line, versions
):
    monkeypatch.setattr(api_requests, "_MIN_WATCH_SECONDS", 60.0)  # a machine may be busy
    requested = []

    def end(request: web.Request) -> web.Response:
        requested.append(request.query["resourceVersion"])
        return web.Response(text=line if len(requested) < 3 else "")

    async def watch(api: Api) -> None:
        async for change, _ in api.changes(THINGS, "7"):
            seen.append(change)

    seen: list[str] = []
    async with served(end) as (api, _):
        with pytest.raises(Unavailable):
            await watch(api)
    assert requested == versions
    assert seen == ["MODIFIED"] * (len(versions) - 1)
