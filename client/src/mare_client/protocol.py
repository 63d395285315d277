"""What both clients do, without input or output: requests, errors, retries, events."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]

ATTEMPTS = 6
"""Times that a request is sent, before its error is raised."""
LONGEST_PAUSE = 10.0
FINAL = frozenset({"complete", "failed", "cancelled", "expired"})
_TEMPORARY = frozenset({429, 502, 503, 504})


class MareError(Exception):
    """Raised when the API refuses a request.

    Attributes:
        status: HTTP status.
        code: stable identifier of the problem, for example ``place_not_found``.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class JobFailed(Exception):
    """Raised by ``wait`` for a job that ended without a result; `job` is its document."""

    def __init__(self, job: Json) -> None:
        failure = job.get("failure") or {}
        super().__init__(f"Job {job['id']} is {job['state']}: {failure.get('detail', 'no result')}")
        self.job = job


def headers(key: str | None) -> dict[str, str]:
    """Return the headers of every request."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def new_key() -> dict[str, str]:
    """Return a header that makes a submission safe to repeat."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def pause_before_retry(attempt: int, response: httpx.Response | None) -> float | None:
    """Return the seconds before the next attempt; None if the response is the answer.

    Args:
        attempt: counts from 0.
        response: None if the connection failed.
    """
    if response is not None and response.status_code not in _TEMPORARY:
        return None
    if attempt + 1 >= ATTEMPTS:
        return None
    wanted = response.headers.get("Retry-After", "") if response is not None else ""
    return min(LONGEST_PAUSE, float(wanted) if wanted.isdigit() else 0.25 * 2**attempt)


def body(response: httpx.Response) -> Json:
    """Return the document of a response that has been read; raise MareError for a problem."""
    try:
        document = response.json()
    except ValueError:
        document = {}
    if response.is_success:
        return dict(document)
    code = str(document.get("code", "http_error"))
    raise MareError(response.status_code, code, str(document.get("detail", "")))


def result(job: Json) -> Json:
    """Return a complete job, or a batch that has ended; raise JobFailed for another one."""
    if job["state"] == "complete":
        return job
    raise JobFailed(job)


@dataclass(slots=True)
class EventReader:
    """Reads Server-Sent Events line by line.

    Attributes:
        last_id: sent as ``Last-Event-ID`` when the stream is opened again.
        ended: whether the server has said that no event follows.
    """

    last_id: str = ""
    ended: bool = False
    _event: dict[str, str] = field(default_factory=dict)

    def headers(self) -> Mapping[str, str]:
        return {"Last-Event-ID": self.last_id} if self.last_id else {}

    def read(self, line: str) -> Iterator[Json]:
        """Yield the job's document if `line` ends its event."""
        if line:
            name, _, value = line.partition(":")
            self._event[name] = value.removeprefix(" ")
            return
        event, self._event = self._event, {}
        self.last_id = event.get("id", self.last_id)
        if event.get("event") == "end":
            self.ended = True
        elif "data" in event:
            yield json.loads(event["data"])
