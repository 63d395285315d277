"""The synchronous client."""

import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from mare_client import protocol
from mare_client.protocol import FINAL, EventReader, Json


class Mare:
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
        self._http = httpx.Client(
            base_url=url,
            headers=protocol.headers(key),
            timeout=timeout,
            transport=transport,
            follow_redirects=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def submit(self, **parameters: Any) -> Json:
        """Submit a job, for example ``submit(city="Recife", limit=5)``; return its document."""
        return self._send("POST", "/v1/playlists", parameters, protocol.new_key())

    def submit_batch(self, jobs: Sequence[Mapping[str, Any]]) -> Json:
        """Submit up to 100 jobs together; return the document of the batch."""
        body = {"jobs": [dict(job) for job in jobs]}
        return self._send("POST", "/v1/playlists/batch", body, protocol.new_key())

    def get(self, job_id: str) -> Json:
        """Return the document of a job or a batch."""
        return self._send("GET", f"/v1/jobs/{job_id}")

    def cancel(self, job_id: str) -> Json:
        """Cancel a job that has not ended."""
        return self._send("DELETE", f"/v1/jobs/{job_id}")

    def stream(self, job_id: str) -> Iterator[Json]:
        """Yield the document in each state, to the last; a broken stream is opened again."""
        events, attempt = EventReader(), 0
        while not events.ended:
            response = None
            try:
                with self._http.stream(
                    "GET", f"/v1/jobs/{job_id}/events", headers=events.headers()
                ) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:
                        return
                    if not response.is_success:
                        response.read()
                    else:
                        for line in response.iter_lines():
                            for job in events.read(line):
                                attempt = 0
                                yield job
            except httpx.TransportError:
                response = None
            if not events.ended:
                attempt = self._pause(attempt, response)

    def wait(self, job_id: str, *, seconds: float = 60.0) -> Json:
        """Return the complete job; raise JobFailed, or TimeoutError after `seconds`."""
        give_up = time.monotonic() + seconds
        pause = 0.2
        while (job := self.get(job_id))["state"] not in FINAL:
            if time.monotonic() + pause > give_up:
                raise TimeoutError(f"Job {job_id} is {job['state']} after {seconds:g} s.")
            time.sleep(pause)
            pause = min(2.0, 1.5 * pause)
        return protocol.result(job)

    def _send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        attempt = 0
        while True:
            try:
                response = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                if (pause := protocol.pause_before_retry(attempt, None)) is None:
                    raise
            else:
                if (pause := protocol.pause_before_retry(attempt, response)) is None:
                    return protocol.body(response)
            time.sleep(pause)
            attempt += 1

    def _pause(self, attempt: int, response: httpx.Response | None) -> int:
        """Sleep before a stream is opened again; raise MareError if that is pointless."""
        refused = response is not None and not response.is_success
        pause = protocol.pause_before_retry(attempt, response if refused else None)
        if pause is None:
            if response is not None and refused:
                protocol.body(response)
            raise httpx.ReadError("The stream broke off, and cannot be opened again.")
        time.sleep(pause)
        return attempt + 1
