"""What both clients do, without input or output: requests and retries."""

import math
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import httpx

from mare_client.answers import Answer, JobFailed, Json

ATTEMPTS = 6
"""Times that a request is sent, before its error is raised."""
LONGEST_PAUSE = 60.0
"""Seconds. A longer Retry-After is not awaited: the error is raised at once."""
SHORTEST_TIMEOUT = 0.1
FINAL = frozenset({"complete", "failed", "cancelled", "expired"})
_TEMPORARY = frozenset({429, 502, 503, 504})


Result = TypeVar("Result")


class Requests(ABC, Generic[Result]):
    """The methods that send one request; a `Result` is a document, or an awaitable one."""

    def submit(self, **parameters: Any) -> Result:
        """Submit a job, for example ``submit(city="Recife", limit=5)``; return its document."""
        return self._send("POST", "/v1/playlists", parameters)

    def submit_batch(self, jobs: Sequence[Mapping[str, Any]]) -> Result:
        """Submit up to 100 jobs together; return the document of the batch."""
        return self._send("POST", "/v1/playlists/batch", {"jobs": [dict(job) for job in jobs]})

    def get(self, job_id: str) -> Result:
        """Return the document of a job or a batch."""
        return self._send("GET", f"/v1/jobs/{job_id}")

    def cancel(self, job_id: str) -> Result:
        """Cancel a job that has not ended."""
        return self._send("DELETE", f"/v1/jobs/{job_id}")

    @abstractmethod
    def _send(self, method: str, path: str, body: Any = None) -> Result: ...


def client_options(url: str, key: str | None, timeout: float) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url, "headers": headers, "timeout": timeout, "follow_redirects": True}


def request_options(method: str, body: Any) -> dict[str, Any]:
    """Return body and headers of a request; a key makes a submission safe to repeat."""
    headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else None
    return {"json": body, "headers": headers}


def request_timeout(timeout: float, left: float) -> float:
    """Return the timeout of a request whose caller gives up in `left` seconds."""
    return min(timeout, max(left, SHORTEST_TIMEOUT))


def pause_before_retry(attempt: int, answer: Answer | None, left: float = math.inf) -> float | None:
    """Return the seconds before the next attempt; None if there is none.

    Args:
        attempt: counts from 0.
        answer: None if the connection failed.
        left: seconds until the caller gives up.

    Raises:
        TimeoutError: the next attempt would be later than that.
    """
    if answer is not None and answer.status not in _TEMPORARY:
        return None
    if attempt + 1 >= ATTEMPTS:
        return None
    wanted = answer.headers.get("Retry-After", "") if answer is not None else ""
    pause = float(wanted) if wanted.isdecimal() else 0.25 * 2**attempt
    if pause > left:
        raise TimeoutError(f"No answer yet, and the next attempt may be sent only in {pause:g} s.")
    return pause if pause <= LONGEST_PAUSE else None


def pause_before_reopening(attempt: int, refusal: Answer | None) -> float:
    """Return the seconds before a stream is opened again; raise the error if that is pointless."""
    pause = pause_before_retry(attempt, refusal)
    if pause is None:
        if refusal is not None:
            refusal.document()
        raise httpx.ReadError("The stream broke off, and cannot be opened again.")
    return pause


def result(job: Json) -> Json:
    """Return a complete job, or a batch that has ended; raise JobFailed for another one."""
    if job["state"] == "complete":
        return job
    raise JobFailed(job)
