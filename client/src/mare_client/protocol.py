"""What both clients do, without input or output: requests, errors, retries, events."""

import json
import math
import uuid
from abc import ABC, abstractmethod
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import IncrementalNewlineDecoder
from typing import Any, Generic, TypeVar

import httpx

Json = dict[str, Any]

ATTEMPTS = 6
"""Times that a request is sent, before its error is raised."""
LONGEST_PAUSE = 60.0
"""Seconds. A longer Retry-After is not awaited: the error is raised at once."""
SHORTEST_TIMEOUT = 0.1
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


Answer = TypeVar("Answer")


class Requests(ABC, Generic[Answer]):
    """The methods that send one request; an `Answer` is a document, or an awaitable one."""

    def submit(self, **parameters: Any) -> Answer:
        """Submit a job, for example ``submit(city="Recife", limit=5)``; return its document."""
        return self._send("POST", "/v1/playlists", parameters)

    def submit_batch(self, jobs: Sequence[Mapping[str, Any]]) -> Answer:
        """Submit up to 100 jobs together; return the document of the batch."""
        return self._send("POST", "/v1/playlists/batch", {"jobs": [dict(job) for job in jobs]})

    def get(self, job_id: str) -> Answer:
        """Return the document of a job or a batch."""
        return self._send("GET", f"/v1/jobs/{job_id}")

    def cancel(self, job_id: str) -> Answer:
        """Cancel a job that has not ended."""
        return self._send("DELETE", f"/v1/jobs/{job_id}")

    @abstractmethod
    def _send(self, method: str, path: str, body: Any = None) -> Answer: ...


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


def pause_before_retry(
    attempt: int, response: httpx.Response | None, left: float = math.inf
) -> float | None:
    """Return the seconds before the next attempt; None if the response is the answer.

    Args:
        attempt: counts from 0.
        response: None if the connection failed.
        left: seconds until the caller gives up.

    Raises:
        TimeoutError: the next attempt would be later than that.
    """
    if response is not None and response.status_code not in _TEMPORARY:
        return None
    if attempt + 1 >= ATTEMPTS:
        return None
    wanted = response.headers.get("Retry-After", "") if response is not None else ""
    pause = float(wanted) if wanted.isdecimal() else 0.25 * 2**attempt
    if pause > left:
        raise TimeoutError(f"No answer yet, and the next attempt may be sent only in {pause:g} s.")
    return pause if pause <= LONGEST_PAUSE else None


def pause_before_reopening(attempt: int, response: httpx.Response | None) -> float:
    """Return the seconds before a stream is opened again; raise the error if that is pointless."""
    refusal = None if response is None or response.is_success else response
    pause = pause_before_retry(attempt, refusal)
    if pause is None:
        if refusal is not None:
            body(refusal)
        raise httpx.ReadError("The stream broke off, and cannot be opened again.")
    return pause


def body(response: httpx.Response) -> Json:
    """Return the document of a response that has been read; raise MareError for a problem."""
    try:
        document = response.json()
    except ValueError:
        document = {}
    if response.is_success:
        return dict(document)
    problem = document if isinstance(document, dict) else {}
    code = str(problem.get("code", "http_error"))
    raise MareError(response.status_code, code, str(problem.get("detail", "")))


def result(job: Json) -> Json:
    """Return a complete job, or a batch that has ended; raise JobFailed for another one."""
    if job["state"] == "complete":
        return job
    raise JobFailed(job)


@dataclass(slots=True)
class EventReader:
    """Reads Server-Sent Events. Lines end with LF, CRLF or CR only, as their specification demands.

    Attributes:
        last_id: sent as ``Last-Event-ID`` when the stream is opened again.
        ended: whether the server has sent the event `end`.
        attempt: streams in a row, before the present one, that brought no event and no heartbeat.
    """

    last_id: str = ""
    ended: bool = False
    attempt: int = -1
    _text: IncrementalNewlineDecoder = field(init=False)
    _rest: str = ""
    _event: dict[str, str] = field(default_factory=dict)

    def reopen(self) -> Mapping[str, str]:
        """Drop an event that the end of the former stream cut off; return the request headers."""
        self.attempt += 1
        self._text = IncrementalNewlineDecoder(getincrementaldecoder("utf-8")("replace"), True)
        self._rest, self._event = "", {}
        return {"Last-Event-ID": self.last_id} if self.last_id else {}

    def read(self, data: bytes) -> Iterator[Json]:
        """Yield the job's document for each event that ends in `data`."""
        *lines, self._rest = (self._rest + self._text.decode(data)).split("\n")
        for line in lines:
            yield from self._read_line(line)

    def _read_line(self, line: str) -> Iterator[Json]:
        if line:
            name, _, value = line.partition(":")
            if name != "retry":  # each stream begins with it
                self.attempt = 0
            self._event[name] = value.removeprefix(" ")
            return
        event, self._event = self._event, {}
        self.last_id = event.get("id", self.last_id)
        if event.get("event") == "end":
            self.ended = True
        elif "data" in event:
            yield json.loads(event["data"])
