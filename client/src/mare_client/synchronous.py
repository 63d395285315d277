"""The synchronous client."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx

from mare_client import protocol
from mare_client.answers import Answer, Json, check_stream, unreadable
from mare_client.events import EventReader
from mare_client.protocol import FINAL, Requests


class Mare(Requests[Json]):
    """A client of the API at `url`; use it in a ``with`` block.

    Requests are repeated if the connection fails or the API is overloaded. Submissions carry an
    Idempotency-Key, so that a repetition makes no second job.

    Args:
        url: for example ``http://127.0.0.1:5000``.
        key: API key, if the installation has keys.
        timeout: seconds until a request fails, and within which a stream must show a heartbeat.
        transport: of httpx; for tests.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        options = protocol.client_options(url, key, timeout)
        self._timeout = timeout
        self._http = httpx.Client(transport=transport, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def stream(self, job_id: str) -> Iterator[Json]:
        """Yield the document in each state, to the last; a broken stream is opened again."""
        events = EventReader()
        while not events.ended:
            refusal = None
            try:
                with self._opened(
                    "GET", f"/v1/jobs/{job_id}/events", headers=events.reopen()
                ) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:
                        return
                    if response.is_success:
                        check_stream(response)
                        for data in response.iter_bytes():
                            yield from events.read(data)
                    else:
                        refusal = _read(response)
            except httpx.TransportError:
                refusal = None
            if not events.ended:
                time.sleep(protocol.pause_before_reopening(events.attempt, refusal))

    def wait(self, job_id: str, *, seconds: float = 60.0) -> Json:
        """Return the complete job; raise JobFailed, or TimeoutError after `seconds`.

        TimeoutError comes earlier if the next request would be later than that.
        """
        give_up = time.monotonic() + seconds
        pause = 0.2
        path = f"/v1/jobs/{job_id}"
        while (job := self._send("GET", path, give_up=give_up))["state"] not in FINAL:
            if time.monotonic() + pause > give_up:
                raise TimeoutError(f"Job {job_id} is {job['state']} after {seconds:g} s.")
            time.sleep(pause)
            pause = min(2.0, 1.5 * pause)
        return protocol.result(job)

    def _send(self, method: str, path: str, body: Any = None, *, give_up: float = math.inf) -> Json:
        options = protocol.request_options(method, body)
        attempt = 0
        while True:
            timeout = protocol.request_timeout(self._timeout, give_up - time.monotonic())
            latest = max(give_up, time.monotonic() + protocol.SHORTEST_TIMEOUT)
            try:
                with self._opened(method, path, timeout=timeout, **options) as response:
                    answer = _read(response, latest)
            except httpx.TransportError:
                pause = protocol.pause_before_retry(attempt, None, give_up - time.monotonic())
                if pause is None:
                    raise
            else:
                pause = protocol.pause_before_retry(attempt, answer, give_up - time.monotonic())
                if pause is None:
                    return answer.document()
            time.sleep(pause)
            attempt += 1

    @contextmanager
    def _opened(self, method: str, path: str, **options: Any) -> Iterator[httpx.Response]:
        with (
            unreadable(),
            self._http.stream(method, path, **options) as response,
            unreadable(response.status_code),
        ):
            yield response


def _read(response: httpx.Response, give_up: float = math.inf) -> Answer:
    answer = Answer(response, give_up)
    for data in response.iter_bytes():
        answer.add(data)
    return answer
