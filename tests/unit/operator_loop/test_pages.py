"""Long lists are read in pages, and watches are not renewed at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from kubernetes.aio.client import ApiClient, Configuration

from mare.cluster import api as api_requests
from mare.cluster.api import Api, Expired
from mare.cluster.objects import StoredObjects
from mare.cluster.paths import Resource
from mare.custom_resource.autoscaler import Key
from mare.ports import NotFound, Unavailable
from tests.unit.operator_loop.worlds import body

BOOKMARK = '{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "8"}}}\n'
CHANGE = '{"type": "MODIFIED", "object": {"metadata": {"resourceVersion": "8"}}}\n'
_NAMES = [f"uid-{number}" for number in range(250)]


async def _listed(request: web.Request) -> web.Response:
    """As an API server does: a part, and the word that leads to the next one."""
    begin, limit = int(request.query.get("continue", "0")), int(request.query["limit"])
    end = begin + limit
    items = [{"metadata": {"uid": uid}} for uid in _NAMES[begin:end]]
    following = str(end) if end < len(_NAMES) else ""
    return web.json_response({"metadata": {"continue": following}, "items": items})


async def _expired(request: web.Request) -> web.Response:
    if "continue" in request.query:
        return web.json_response({"message": "too old"}, status=410)
    return await _listed(request)


def call_api(
    answer: Callable[[web.Request], Awaitable[web.Response]],
    question: Callable[[Api], Awaitable[object]],
) -> object:
    async def play() -> object:
        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        configuration = Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}")
        try:
            async with ApiClient(configuration) as client:
                return await question(Api(client))
        finally:
            await runner.cleanup()

    return asyncio.run(play())


def test_a_list_of_three_parts_is_whole_and_no_part_is_long():
    async def parts(api: Api) -> list[int]:
        return [len(page["items"]) async for page in api.pages(Resource("v1", "things").path())]

    assert call_api(_listed, parts) == [100, 100, 50]
    assert call_api(_listed, lambda api: StoredObjects(api, "me").uids(("shop",))) == set(_NAMES)


def test_a_page_is_released_before_the_next_one_is_read():
    """Two decoded pages of 4 MiB take 98 MB."""

    async def before_the_next_one(api: Api) -> list[dict]:
        pages = api.pages(Resource("v1", "things").path())
        before = [page := await anext(pages)]
        assert len(page["items"]) == 100
        await anext(pages)
        return before

    assert call_api(_listed, before_the_next_one) == [{}]


def test_a_list_is_not_read_from_a_cache_of_the_api_server():
    """A resourceVersion, also one of 0, allows it to return an older list."""
    queries = []

    async def listed(request: web.Request) -> web.Response:
        queries.append(set(request.query))
        return await _listed(request)

    call_api(listed, lambda api: StoredObjects(api, "me").uids(("shop",)))
    assert queries == [{"limit"}, {"limit", "continue"}, {"limit", "continue"}]


def test_an_incomplete_list_is_not_used():
    with pytest.raises(Expired):
        call_api(_expired, lambda api: StoredObjects(api, "me").uids(("shop",)))


def test_a_list_of_metadata_without_objects_is_empty():
    async def empty(_: web.Request) -> web.Response:
        return web.json_response({"metadata": {}, "items": None})

    assert call_api(empty, lambda api: StoredObjects(api, "me").uids(("shop",))) == set()


def test_an_object_is_read_with_the_right_to_list_objects():
    """The chart gives the right to get one only with `rbac.jobs`."""
    name = "worker"

    async def listed(request: web.Request) -> web.Response:
        if not request.path.endswith("/queueautoscalers"):
            return web.json_response({"message": "forbidden"}, status=403)
        found = [body(name)] if request.query["fieldSelector"] == f"metadata.name={name}" else []
        return web.json_response({"metadata": {}, "items": found})

    async def read(api: Api) -> object:
        objects = StoredObjects(api, "me")
        with pytest.raises(NotFound, match="other does not exist"):
            await objects.read(Key("shop", "other"))
        return (await objects.read(Key("shop", name)))["metadata"]["uid"]

    assert call_api(listed, read) == "uid-worker"


@pytest.fixture
def _busy_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api_requests, "_MIN_WATCH_SECONDS", 60.0)


@pytest.mark.usefixtures("_busy_machine")
@pytest.mark.parametrize("line", ["", BOOKMARK])
def test_a_watch_that_ends_at_once_is_not_renewed_at_once(line):
    versions = []

    async def end(request: web.Request) -> web.Response:
        versions.append(request.query["resourceVersion"])
        return web.Response(text=line)

    async def changes(api: Api) -> None:
        async for _ in api.changes(Resource("v1", "things").path(), "7"):
            raise AssertionError("nothing has changed")

    with pytest.raises(Unavailable):
        call_api(end, changes)
    assert versions == ["7"]


@pytest.mark.usefixtures("_busy_machine")
def test_a_watch_that_ends_after_a_change_is_renewed():
    versions = []

    async def end(request: web.Request) -> web.Response:
        versions.append(request.query["resourceVersion"])
        return web.Response(text=CHANGE if len(versions) < 3 else "")

    async def changes(api: Api) -> None:
        async for _ in api.changes(Resource("v1", "things").path(), "7"):
            pass

    with pytest.raises(Unavailable):
        call_api(end, changes)
    assert versions == ["7", "8", "8"]
