"""Objects of any size in lists and watches take a bounded amount of memory."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from aiohttp import web

from mare.cluster import api as api_module
from mare.cluster.api import METADATA, METADATA_LIST
from mare.cluster.bounded_answers import (
    MAX_LEVELS,
    MAX_LINE_BYTES,
    MAX_LINE_VALUES,
    MAX_VALUES,
    TooLarge,
    decoded,
    event_of_beginning,
    levels_of,
    lines,
    read_bounded,
)
from mare.cluster.paths import Resource
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import NOT_READ_YET, Scale
from mare.tenant_scheduler import DECODED_EVENTS, TenantScheduler

MIB = 2**20
THINGS = Resource("apps/v1", "deployments")


async def chunks_of(data: bytes, size: int = 7):
    for begin in range(0, len(data), size):
        yield data[begin : begin + size]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_long_line_is_cut_and_the_next_one_is_whole(size):
    async def all_lines(data: bytes):
        return [each async for each in lines(chunks_of(data, size), 5)]

    assert asyncio.run(all_lines(b"12345\n123456789\n\nabc")) == [
        (b"12345", True),
        (b"12345", False),
        (b"", True),
        (b"abc", True),
    ]


def test_a_body_over_its_bound_is_not_received_to_its_end():
    received = 0

    async def endless():
        nonlocal received
        while True:
            received += MIB
            yield bytes(MIB)

    with pytest.raises(TooLarge, match="more than 4,194,304 bytes"):
        asyncio.run(read_bounded(endless(), 4 * MIB))
    assert received == 5 * MIB


def deployment(name: str, size: int = 0, values: int = 0) -> dict:
    """A Deployment in the order of the fields that the API server uses."""
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "7"}
    spec = {"replicas": 3, "template": {"text": "<" * size, "env": [{}] * values}}
    return {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": metadata, "spec": spec}


def written(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c").encode()


def test_the_beginning_of_an_event_has_the_identity_of_its_object():
    line = written({"type": "MODIFIED", "object": deployment("worker", 1_000)})

    assert event_of_beginning(line[:500]) == {
        "type": "MODIFIED",
        "object": {
            "metadata": {
                "name": "worker",
                "namespace": "shop",
                "uid": "uid-worker",
                "resourceVersion": "7",
            }
        },
    }
    assert event_of_beginning(b'{"type":"MODIFIED","object":{"metadata":{"annotations":{') is None


class Cluster:
    """An API server whose Deployments have a size."""

    def __init__(self, sizes: dict[str, int], values: dict[str, int] | None = None) -> None:
        many = values or {}
        self.items = [deployment(name, size, many.get(name, 0)) for name, size in sizes.items()]
        self.limits: list[int] = []
        self.events: list[bytes] = []

    def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/apis/apps/v1":
            names = ["deployments", "deployments/scale"]
            return web.json_response({"resources": [{"name": n, "kind": n[:-1]} for n in names]})
        if request.path.endswith("/scale"):
            metadata = {"resourceVersion": "8"}
            return web.json_response({"metadata": metadata, "spec": {"replicas": 3}})
        if "watch" in request.query:
            events, self.events = self.events, []
            return web.Response(body=b"\n".join(events))
        begin, limit = int(request.query.get("continue", 0)), int(request.query["limit"])
        items = self.items[begin : begin + limit]
        self.limits.append(limit)
        if request.headers["Accept"] == METADATA_LIST:
            items = [{"metadata": each["metadata"]} for each in items]
        following = str(begin + limit) if begin + limit < len(self.items) else ""
        content = {"metadata": {"continue": following, "resourceVersion": "7"}, "items": items}
        return web.Response(body=written(content))


async def test_pages_of_large_objects_have_fewer_of_them_and_the_largest_only_its_metadata(served):
    sizes = {f"small-{number}": 100 for number in range(30)}
    cluster = Cluster({**sizes, "large": 5 * MIB, "many": 1, "last": 100}, {"many": MAX_VALUES})

    async with served(cluster.answer) as (api, _):
        items = [item async for page in api.pages(THINGS.path()) for item in page["items"]]

    assert [item["metadata"]["name"] for item in items] == [*sizes, "large", "many", "last"]
    assert [item["metadata"]["name"] for item in items if "spec" not in item] == ["large", "many"]
    assert cluster.limits[:2] == [100, 20]


async def test_an_event_that_is_too_large_is_logged_and_does_not_end_the_watch(
    served, caplog: pytest.LogCaptureFixture
):
    cluster = Cluster({})
    cluster.events = [
        written({"type": "MODIFIED", "object": deployment("large", MAX_LINE_BYTES)}),
        written({"type": "MODIFIED", "object": deployment("many", values=MAX_LINE_VALUES)}),
        b'{"type":"MODIFIED","object":{"metadata":{"annotations":"' + b"a" * MAX_LINE_BYTES,
        written({"type": "MODIFIED", "object": deployment("small")}),
    ]

    async with served(cluster.answer) as (api, _):
        changes = api.changes(THINGS.path(), "7")
        items = [(await anext(changes))[1] for _ in range(3)]

    found = [(item["metadata"]["name"], "spec" in item) for item in items]
    assert found == [("large", False), ("many", False), ("small", True)]
    named, many, unnamed = [each for each in caplog.records if each.name == "mare.cluster.api"]
    for record in (named, many, unnamed):
        assert record.levelname == "WARNING"
        assert record.message == "A watch event exceeds 1 MiB or 50,000 JSON values and is not read"
        assert record.path == THINGS.path().text
    assert named.event["object"]["metadata"]["name"] == "large"
    assert many.event["object"]["metadata"]["name"] == "many"
    assert unnamed.event is None


@pytest.mark.parametrize("shortens", [True, False])
async def test_of_a_namespace_that_has_spent_what_it_may_an_event_has_the_identity_only(
    served, shortens, monkeypatch: pytest.MonkeyPatch
):
    """An event of 254 KB took 4.7 ms of the loop, as often as a tenant wrote it."""
    # A machine that is busy for seconds gives no more to spend.
    little = replace(api_module.DECODED_EVENTS, burst=0.5, per_second=1e-6)
    monkeypatch.setattr(api_module, "DECODED_EVENTS", little)
    large = [deployment(f"large-{number}", values=20_000) for number in range(200)]
    other = deployment("other")
    other["metadata"]["namespace"] = "market"
    cluster = Cluster({})
    cluster.events = [written({"type": "MODIFIED", "object": e}) for e in (*large, other)]

    async with served(cluster.answer) as (api, _):
        changes = api.changes(THINGS.path(), "7", shortens=shortens)
        items = [(await anext(changes))[1] for _ in range(201)]

    assert [item["metadata"]["name"] for item in items][-2:] == ["large-199", "other"]
    whole = [item for item in items if "spec" in item]
    assert whole[-1]["metadata"]["name"] == "other"
    assert len(whole) < 175 if shortens else len(whole) == 201


async def test_a_workload_that_is_too_large_is_read_by_its_scale(served):
    cluster = Cluster({"large": 5 * MIB, "small": 1})
    large, small = (
        ScaleTarget("shop", "apps/v1", "deployment", name) for name in ("large", "small")
    )

    async with served(cluster.answer) as (api, _), asyncio.timeout(60):
        workloads = WatchedWorkloads(api, cluster_wide=True)
        while NOT_READ_YET in map(workloads.get, (large, small)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        found = workloads.get(large), workloads.get(small)
        await workloads.close()

    assert [each.replicas for each in found if isinstance(each, Scale)] == [3, 3]
    assert isinstance(found[0].ready, Unknown)


async def test_a_workload_whose_event_is_not_decoded_is_read_by_its_scale(served):
    """Also one that no object named before: what is known of it is old."""
    names, scheduler = ("worker", "other"), TenantScheduler()
    cluster = Cluster(dict.fromkeys(names, 1))
    cluster.events = [written({"type": "MODIFIED", "object": deployment(e)}) for e in names]

    async with served(cluster.answer, scheduler) as (api, _), asyncio.timeout(60):
        scheduler.spend(DECODED_EVENTS, "shop", 100.0)
        workloads = WatchedWorkloads(api, cluster_wide=True)
        for name in names:
            target = ScaleTarget("shop", "apps/v1", "deployment", name)
            while not isinstance(known := workloads.get(target), Scale) or known.version != "8":
                assert name == "worker" or known == NOT_READ_YET
                await asyncio.sleep(0.01)
        await workloads.close()


async def test_only_metadata_of_kinds_is_watched_whose_scale_is_read(served):
    accepted = set()

    def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/apis/example.test/v1":
            resources = [{"name": n, "kind": "Fleet"} for n in ("fleets", "fleets/scale")]
            return web.json_response({"resources": resources})
        accepted.add(request.headers["Accept"])
        return web.json_response({"metadata": {"resourceVersion": "7"}, "items": []})

    async with served(answer) as (api, requests), asyncio.timeout(60):
        workloads = WatchedWorkloads(api, cluster_wide=True)
        workloads.get(ScaleTarget("shop", "example.test/v1", "Fleet", "a"))
        while len(requests) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await workloads.close()

    assert accepted == {METADATA, METADATA_LIST}


@pytest.mark.parametrize("size", [0, 2**19])
@pytest.mark.parametrize("levels", [MAX_LEVELS, 9_000])
def test_values_with_more_levels_than_python_decodes_are_left_out(levels, size):
    """One object with them in its managed fields ended each list and watch of its kind."""
    text = json.dumps({"before": ']}"[{' + "x" * size, "deep": "DEEP", "after": [{"a": 1}]})
    data = text.replace('"DEEP"', "[" * levels + "]" * levels).encode()
    assert levels_of(data) == levels + 1
    found = decoded(data)
    assert found["before"] == ']}"[{' + "x" * size
    assert found["after"] == [{"a": 1}]
    kept, value = 0, found["deep"]
    while value:
        kept, value = kept + 1, value[0]
    assert kept >= MAX_LEVELS - 1  # as many as Python decodes, or that


def test_the_levels_of_many_strings_are_counted_as_fast_as_they_are_decoded():
    """Each event of an object with 300,000 strings held the event loop for 46 ms."""
    data = json.dumps({"strings": [""] * 300_000, "lists": [[]] * 100}).encode()

    def seconds(function: Callable[[bytes], object]) -> float:
        begun = time.thread_time()
        function(data)
        return time.thread_time() - begun

    fastest = [min(seconds(each) for _ in range(5)) for each in (levels_of, json.loads)]
    assert fastest[0] < 3 * fastest[1]


@pytest.mark.parametrize("text", ['"', "\\", '\\"', "[", '"["', '\\"]\\', "{}", ""])
def test_brackets_in_texts_are_no_levels(text: str):
    assert levels_of(json.dumps([text, {text: text}, [[text]], text]).encode()) == 3
