"""kopf lists and watches QueueAutoscalers of any size in a bounded amount of memory."""

import asyncio
import json
import logging

import aiohttp
import pytest
from aiohttp import web

from mare.cluster.api import METADATA_LIST
from mare.cluster.bounded_answers import shortened
from mare.cluster.bounded_session import BoundedReads
from mare.processes.tcp_ports import free_port
from mare.serving import serving
from mare.tenant_scheduler import DECODED_EVENTS, TenantScheduler

MIB = 2**20
LINE = (
    '{"type":"ADDED","object":{"apiVersion":"mare.dev/v1alpha1","kind":"QueueAutoscaler",'
    '"metadata":{"annotations":{},"name":"worker","namespace":"shop","resourceVersion":"2",'
    '"uid":"3"},"spec":{"maxReplicas":3}}}'
)
PAGE = 50
DEEP = "deep"


def autoscaler(name: str, size: int = 0) -> dict:
    """An object in the order of the fields that the API server uses for custom resources."""
    metadata = {"annotations": {"a": "x" * size}, "name": name, "namespace": "shop"}
    metadata |= {"resourceVersion": "7", "uid": f"uid-{name}"}
    return {"kind": "QueueAutoscaler", "metadata": metadata, "spec": {"maxReplicas": 3}}


def in_order(content: dict) -> dict:
    return json.loads(json.dumps(content, sort_keys=True))


class Cluster:
    """An API server; what it has sent of lists, in bytes, and the limits of pages."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.items = [autoscaler(name, size) for name, size in sizes.items()]
        self.limits: list[int] = []
        self.skipped_status = 200
        """Of answers with metadata only."""
        self.levels = 0
        """Of what stands for `DEEP`."""

    def _written(self, content: object) -> str:
        deep = '{"a":' * self.levels + "{}" + "}" * self.levels
        return json.dumps(content, separators=(",", ":")).replace(json.dumps(DEEP), deep)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if refused := request.query.get("refused"):
            return web.json_response({"message": "no", "code": int(refused)}, status=int(refused))
        if "watch" in request.query:
            events = [{"type": "MODIFIED", "object": in_order(each)} for each in self.items]
            return web.Response(text="".join(f"{self._written(each)}\n" for each in events))
        begin, limit = int(request.query.get("continue", 0)), int(request.query["limit"])
        self.limits.append(limit)
        items = self.items[begin : begin + limit]
        if request.headers["Accept"] == METADATA_LIST:
            if self.skipped_status != 200:
                return web.json_response({}, status=self.skipped_status)
            items = [{"metadata": each["metadata"]} for each in items]
        following = str(begin + limit) if begin + limit < len(self.items) else ""
        page = self._written({"metadata": {"continue": following}, "items": items})
        return web.Response(text=page, content_type="application/json")


def use(cluster: Cluster, question, scheduler: TenantScheduler | None = None) -> object:
    reads = BoundedReads(PAGE, scheduler or TenantScheduler())

    async def play() -> object:
        app = web.Application()
        app.router.add_get("/{path:.*}", cluster.answer)
        async with (
            serving(app, "127.0.0.1", 0) as port,
            aiohttp.ClientSession(middlewares=[reads]) as session,
        ):
            return await question(session, f"http://127.0.0.1:{port}/things")

    return asyncio.run(play())


async def pages(session: aiohttp.ClientSession, url: str) -> list[list[str]]:
    """List as kopf does."""
    found, token = [], None
    while token != "":
        query = {"limit": str(PAGE), **({"continue": token} if token else {})}
        async with await session.request("get", url, params=query) as response:
            page = await response.json()
        found.append([each["metadata"]["name"] for each in page["items"]])
        token = page["metadata"]["continue"]
    return found


async def watched(session: aiohttp.ClientSession, url: str) -> list[str]:
    """Watch as kopf does."""
    received = b""
    async with await session.request("get", url, params={"watch": "true"}) as response:
        async for chunk in response.content.iter_chunked(MIB):
            received += chunk
    return [json.loads(line)["object"]["metadata"]["name"] for line in received.splitlines()]


def test_pages_of_large_objects_have_fewer_of_them_and_the_largest_is_left_out(
    caplog: pytest.LogCaptureFixture,
):
    sizes = {f"small-{number}": 100 for number in range(60)}
    large = {f"half-{number}": MIB // 2 for number in range(4)}
    cluster = Cluster({**sizes, **large, "huge": 2 * MIB, "last": 1})

    found = use(cluster, pages)

    names = [each for page in found for each in page]
    assert names == [*sizes, *large, "last"]
    assert cluster.limits[:3] == [50, 50, 10]
    assert max(cluster.limits) == PAGE
    (record,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert record.object == ("shop", "huge")


@pytest.mark.parametrize("status", [500, 503])
def test_an_api_server_that_is_away_when_a_large_object_is_left_out_is_away(status: int):
    """kopf ended after nine such answers."""
    cluster = Cluster({"huge": 2 * MIB})
    cluster.skipped_status = status

    with pytest.raises(aiohttp.ClientConnectionError):
        use(cluster, pages)


def test_lists_of_several_namespaces_at_once_leave_out_no_object():
    """Once, the fourth page that was too large was skipped whole, since three had fewer objects."""
    sizes = {f"large-{number}": 50_000 for number in range(60)}

    async def lists(session: aiohttp.ClientSession, url: str) -> list[list[list[str]]]:
        return await asyncio.gather(*(pages(session, url) for _ in range(5)))

    for found in use(Cluster(sizes), lists):
        assert [each for page in found for each in page] == [*sizes]


def test_a_list_of_ordinary_objects_takes_no_more_requests():
    sizes = {f"small-{number}": 3_000 for number in range(120)}
    cluster = Cluster(sizes)

    assert [len(page) for page in use(cluster, pages)] == [50, 50, 20]
    assert cluster.limits == [50, 50, 50]


def test_an_event_that_is_too_large_is_logged_and_left_out(caplog: pytest.LogCaptureFixture):
    cluster = Cluster({"one": 1, "huge": 2 * MIB, "half": MIB // 2, "last": 1})

    assert use(cluster, watched) == ["one", "half", "last"]
    (record,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    text = "A QueueAutoscaler exceeds 1 MiB, 20,000 JSON values or 100 levels and is not read"
    assert record.message == text


async def watched_whole(session: aiohttp.ClientSession, url: str) -> list[dict]:
    async with session.get(url, params={"watch": "true"}) as response:
        return [json.loads(each) async for each in response.content.iter_chunked(MIB)]


def test_of_a_namespace_that_has_spent_what_it_may_an_event_has_the_identity_only():
    """An event of 773 KB took 8 ms of the loop, as often as a tenant wrote it."""
    cluster = Cluster({"large": MIB // 2, "small": 1, "other": 1})
    for each in cluster.items:
        each["metadata"]["managedFields"] = [{"fieldsV1": {"f:spec": {}}, "manager": "kubectl"}]
        each["spec"]["jobTemplate"] = {"metadata": {"name": "a", "namespace": "b"}, "spec": {}}
    cluster.items[1]["metadata"]["ownerReferences"] = [{"kind": "a", "name": "b", "uid": "c"}]
    cluster.items[2]["metadata"]["namespace"] = "market"
    scheduler, identity = TenantScheduler(), {"namespace": "shop", "resourceVersion": "7"}

    async def question(session: aiohttp.ClientSession, url: str) -> list[dict]:
        scheduler.spend(DECODED_EVENTS, "shop", 100.0)
        return await watched_whole(session, url)

    assert use(cluster, question, scheduler) == [
        {
            "type": "MODIFIED",
            "object": {
                "kind": "QueueAutoscaler",
                "metadata": {**identity, "name": name, "uid": f"uid-{name}"},
            },
        }
        for name in ("large", "small")
    ] + [{"type": "MODIFIED", "object": cluster.items[2]}]


def test_an_event_that_kopf_decodes_counts(monkeypatch: pytest.MonkeyPatch):
    spent = []
    scheduler = TenantScheduler()
    monkeypatch.setattr(scheduler, "spend", lambda *each: spent.append(each))
    use(Cluster({"large": MIB // 2, "small": 1}), watched_whole, scheduler)
    assert [each[:2] for each in spent] == [(DECODED_EVENTS, "shop")] * 2
    assert spent[0][2] > 0.002 > 10 * spent[1][2]


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        (LINE, True),
        (LINE.replace('"uid":"3"', '"uid":"3","x":{}'), True),
        (LINE.replace('"namespace":"shop",', ""), False),
        (LINE.replace('},"spec":{', '},"status":{'), False),
        (LINE.replace('"annotations":{}', r'"annotations":{"a":"\",\"namespace\":\"x"}'), True),
        (LINE.replace('"annotations":{}', '"labels":{"name":"a","namespace":"b"}'), True),
    ],
)
def test_the_identity_of_a_custom_resource_is_found_without_decoding(line: str, is_found):
    found = shortened(line.encode())
    assert (found is not None) is is_found
    if found is not None:
        identity = {"name": "worker", "namespace": "shop", "resourceVersion": "2"}
        event = json.loads(found[1])
        assert found[0] == "shop"
        assert event["type"] == "ADDED"
        assert event["object"]["metadata"].items() >= identity.items()


@pytest.mark.parametrize("kind", ["limit", "watch"])
def test_a_refusal_is_passed_on(kind):
    async def refused(session: aiohttp.ClientSession, url: str) -> object:
        query = {kind: "1", "refused": "403"}
        async with await session.request("get", url, params=query) as response:
            return response.status, (await response.json())["code"]

    assert use(Cluster({}), refused) == (403, 403)


@pytest.mark.parametrize(
    "template",
    [
        pytest.param({"spec": [{} for _ in range(20_000)]}, id="empty objects"),
        pytest.param({f"key-{number}": 0 for number in range(20_000)}, id="keys of one object"),
        pytest.param([0] * 20_000, id="numbers of one list"),
    ],
)
def test_an_object_of_many_small_values_is_neither_listed_nor_watched(template):
    """kopf decodes on the event loop: 85,000 keys of one object took 25 ms of it."""
    cluster = Cluster({"first": 0, "hostile": 0, "last": 0})
    cluster.items[1]["spec"]["jobTemplate"] = template
    assert [name for page in use(cluster, pages) for name in page] == ["first", "last"]
    assert use(cluster, watched) == ["first", "last"]


@pytest.mark.parametrize(("levels", "is_read"), [(20, True), (200, False), (5_000, False)])
def test_an_object_of_many_levels_is_neither_listed_nor_watched(levels, is_read):
    """kopf ended the operator with the RecursionError, and so did each one that followed."""
    cluster = Cluster({"first": 0, "hostile": 0, "last": 0})
    cluster.levels = levels
    cluster.items[1]["spec"]["jobTemplate"] = DEEP
    cluster.items[1]["metadata"]["managedFields"] = DEEP
    names = ["first", "hostile", "last"] if is_read else ["first", "last"]
    assert [name for page in use(cluster, pages) for name in page] == names
    assert use(cluster, watched) == names


@pytest.mark.parametrize("status", [None, 503])
@pytest.mark.parametrize("kind", ["watch", "limit"])
def test_an_api_server_that_starts_is_still_away_when_it_refuses(kind: str, status: int | None):
    """A refusal ended the operator when it answered kopf's last attempt after an outage.

    Without a status nothing listens; 503 is the answer of a load balancer.
    """

    async def question(session: aiohttp.ClientSession, url: str) -> int:
        async with await session.get(url, params={kind: "50", "refused": "403"}) as response:
            assert response.status == 403
        away = f"http://127.0.0.1:{free_port()}/things" if status is None else url
        for where, refused in ((away, status or 403), (url, 403)):
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get(where, params={kind: "50", "refused": str(refused)})
        async with await session.get(url, params={kind: "50"}) as response:
            return response.status

    assert use(Cluster({"small": 1}), question) == 200
