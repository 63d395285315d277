"""Workloads of any size take a bounded amount of memory while they are read, and none later."""

import asyncio
import gc
import json
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Self

from mare.cluster.api import METADATA_LIST, Api
from mare.cluster.paths import ApiPath
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown

MIB = 2**20
CHUNK = 2**16
ESCAPED = b"\\u003c"
"""How the API server writes `<`."""
LARGE = {f"large-{number}": 1_300_000 for number in range(20)}
"""Characters of the text in each Deployment."""
MEDIUM = {f"medium-{number}": 100_000 for number in range(20)}


class Answer:
    """An answer that exists only in chunks, so that the memory is that of the operator alone."""

    status = HTTPStatus.OK

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.content = SimpleNamespace(iter_any=lambda: self._chunks(parts))

    async def _chunks(self, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Watch(Answer):
    """One that does not end after its last event."""

    async def _chunks(self, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
        for part in parts:
            yield part
        await asyncio.Event().wait()


def deployment(name: str, size: int, replicas: int = 3) -> Iterator[bytes]:
    metadata = {"name": name, "namespace": "shop", "uid": name, "resourceVersion": str(replicas)}
    begin = {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": metadata}
    spec = {"replicas": replicas, "template": {"text": "TEXT"}}
    before, after = json.dumps({**begin, "spec": spec}, separators=(",", ":")).split("TEXT")
    yield before.encode()
    left = size * len(ESCAPED)
    while left > 0:
        yield (ESCAPED * (CHUNK // len(ESCAPED)))[:left]
        left -= CHUNK // len(ESCAPED) * len(ESCAPED)
    yield after.encode()


class LargeWorkloads(Api):
    """The client, whose API server has large Deployments and changes each of them."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self.sizes = {**LARGE, **MEDIUM, "worker": 1}

    async def _send(self, method: str, path: ApiPath, **options: Any) -> Any:
        query = dict(options["query"])
        if path.text == "/apis/apps/v1":
            names = ["deployments", "deployments/scale"]
            found = {"resources": [{"name": each, "kind": "Deployment"} for each in names]}
            return Answer(iter([json.dumps(found).encode()]))
        if "watch" in query:
            return Watch(self._events())
        begin, limit = int(query.get("continue", 0)), int(query["limit"])
        is_short = options["accept"] == METADATA_LIST
        return Answer(self._page(begin, limit, is_short=is_short))

    def _page(self, begin: int, limit: int, *, is_short: bool) -> Iterator[bytes]:
        chosen = list(self.sizes.items())[begin : begin + limit]
        following = str(begin + limit) if begin + limit < len(self.sizes) else ""
        yield (
            json.dumps({"continue": following, "resourceVersion": "7"})
            .join(['{"metadata":', ',"items":['])
            .encode()
        )
        for number, (name, size) in enumerate(chosen):
            yield b"," if number else b""
            if is_short:
                yield json.dumps({"metadata": {"name": name, "namespace": "shop"}}).encode()
            else:
                yield from deployment(name, size)
        yield b"]}"

    def _events(self) -> Iterator[bytes]:
        for name, size in self.sizes.items():
            yield b'{"type":"MODIFIED","object":'
            yield from deployment(name, size, replicas=8)
            yield b"}\n"


def test_large_workloads_take_little_memory_while_they_are_read_and_none_later():
    """20 Deployments of 1.3 MB took the operator from 70 to 408 MB."""
    worker = ScaleTarget("shop", "apps/v1", "Deployment", "worker")

    async def play() -> tuple[int, int]:
        workloads = WatchedWorkloads(LargeWorkloads(), cluster_wide=True)
        before, _ = tracemalloc.get_traced_memory()
        async with asyncio.timeout(60):
            while (  # noqa: ASYNC110
                isinstance(scale := workloads.get(worker), Unknown) or scale.replicas != 8
            ):
                await asyncio.sleep(0.001)
        _, highest = tracemalloc.get_traced_memory()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        await workloads.close()
        return highest - before, after - before

    tracemalloc.start()
    try:
        while_read, kept = asyncio.run(play())
    finally:
        tracemalloc.stop()
    assert while_read < 16 * MIB
    assert kept < MIB / 4
