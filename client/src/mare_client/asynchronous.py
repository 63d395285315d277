"""The asynchronous client: the same methods as the synchronous one."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx

from mare_client import protocol
from mare_client.answers import Answer, Json, check_stream, unreadable
from mare_client.events import EventReader
from mare_client.protocol import FINAL, Requests


class AsyncMare(Requests[Coroutine[Any, Any, Json]]):
    """A client of the API at `url`; use it in an ``async with`` block. Described at `Mare`."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        options = protocol.client_options(url, key, timeout)
        self._timeout = timeout
        self._http = httpx.AsyncClient(transport=transport, **options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def stream(self, job_id: str) -> AsyncIterator[Json]:
        """Yield the document in each state, to the last; a broken stream is opened again."""
        events = EventReader()
        while not events.ended:
            refusal = None
            try:
                async with self._opened(
                    "GET", f"/v1/jobs/{job_id}/events", headers=events.reopen()
                ) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:
                        return
                    if response.is_success:
                        check_stream(response)
                        async for data in response.aiter_bytes():
                            for job in events.read(data):
                                yield job
                    else:
                        refusal = await _read(response)
            except httpx.TransportError:
                refusal = None
            if not events.ended:
                await asyncio.sleep(protocol.pause_before_reopening(events.attempt, refusal))

    async def wait(self, job_id: str, *, seconds: float = 60.0) -> Json:
        """Return the complete job; raise JobFailed, or TimeoutError after `seconds`.

        TimeoutError comes earlier if the next request would be later than that.
        """
        give_up = time.monotonic() + seconds
        pause = 0.2
        path = f"/v1/jobs/{job_id}"
        while (job := await self._send("GET", path, give_up=give_up))["state"] not in FINAL:
            if time.monotonic() + pause > give_up:
                raise TimeoutError(f"Job {job_id} is {job['state']} after {seconds:g} s.")
            await asyncio.sleep(pause)
            pause = min(2.0, 1.5 * pause)
        return protocol.result(job)

    async def _send(
        self, method: str, path: str, body: Any = None, *, give_up: float = math.inf
    ) -> Json:
        options = protocol.request_options(method, body)
        attempt = 0
        while True:
            timeout = protocol.request_timeout(self._timeout, give_up - time.monotonic())
            latest = max(give_up, time.monotonic() + protocol.SHORTEST_TIMEOUT)
            try:
                async with self._opened(method, path, timeout=timeout, **options) as response:
                    answer = await _read(response, latest)
            except httpx.TransportError:
                pause = protocol.pause_before_retry(attempt, None, give_up - time.monotonic())
                if pause is None:
                    raise
            else:
                pause = protocol.pause_before_retry(attempt, answer, give_up - time.monotonic())
                if pause is None:
                    return answer.document()
            await asyncio.sleep(pause)
            attempt += 1

    @asynccontextmanager
    async def _opened(
        self, method: str, path: str, **options: Any
    ) -> AsyncIterator[httpx.Response]:
        with unreadable():
            async with self._http.stream(method, path, **options) as response:
                with unreadable(response.status_code):
                    yield response


async def _read(response: httpx.Response, give_up: float = math.inf) -> Answer:
    answer = Answer(response, give_up)
    async for data in response.aiter_bytes():
        answer.add(data)
    return answer
