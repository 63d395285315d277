"""What answers of the API must look like: the one place where bytes of a server are read."""

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

Json = dict[str, Any]

LARGEST_ANSWER = 4 * 2**20
"""Bytes. The document of a job with 50 tracks has 30 KiB."""
SHOWN = 200
"""Bytes of an answer that its error shows."""


class MareError(Exception):
    """Raised when the API refuses a request.

    Attributes:
        status: HTTP status.
        code: stable identifier of the problem, for example ``place_not_found``; ``http_error`` if
            the answer has none.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class UnreadableAnswer(MareError):
    """Raised for an answer that is not of the API, for example the page of a proxy.

    Attributes:
        status: HTTP status; 0 if redirects lead to no answer.
        code: ``unreadable_answer``.
        start: the first bytes of the answer.
    """

    def __init__(self, status: int, detail: str, start: bytes = b"") -> None:
        self.start = start[:SHOWN]
        super().__init__(status, "unreadable_answer", f"{detail} It begins with {self.start!r}.")


class JobFailed(Exception):
    """Raised by ``wait`` for a job that ended without a result; `job` is its document."""

    def __init__(self, job: Json) -> None:
        detail = _text(job.get("failure"), "detail", "no result")
        super().__init__(f"Job {job['id']} is {job['state']}: {detail}")
        self.job = job


class Answer:
    """Status and body of one answer; the body is bounded, in bytes and in time."""

    def __init__(self, response: httpx.Response, give_up: float = math.inf) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._body = bytearray()
        self._give_up = give_up

    def add(self, data: bytes) -> None:
        if time.monotonic() > self._give_up:  # httpx limits the pause between two reads
            raise TimeoutError("The answer did not arrive in time.")
        self._body += data
        if len(self._body) > LARGEST_ANSWER:
            detail = f"The answer has more than {LARGEST_ANSWER} bytes."
            raise UnreadableAnswer(self.status, detail, bytes(self._body[:SHOWN]))

    def document(self) -> Json:
        """Return the document of a job or batch; raise MareError for any other answer."""
        if httpx.codes.is_success(self.status):
            return read_document(self.status, bytes(self._body))
        problem = _load(bytes(self._body))
        if not isinstance(problem, dict):
            start = bytes(self._body[:SHOWN])
            raise MareError(self.status, "http_error", f"The answer begins with {start!r}.")
        code = _text(problem, "code", "http_error")
        raise MareError(self.status, code, _text(problem, "detail", ""))


def read_document(status: int, body: bytes) -> Json:
    """Return the document of a job or batch: an object with the texts ``id`` and ``state``."""
    found = _load(body)
    is_document = (
        isinstance(found, dict)
        and isinstance(found.get("id"), str)
        and isinstance(found.get("state"), str)
    )
    if not is_document:
        raise UnreadableAnswer(status, "The answer is not the document of a job or batch.", body)
    document: Json = found
    return document


def check_stream(response: httpx.Response) -> None:
    """Raise UnreadableAnswer for a successful answer that is not a stream of events."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "text/event-stream":
        raise UnreadableAnswer(response.status_code, f"The answer is no stream, but {kind!r}.")


@contextmanager
def unreadable(status: int = 0) -> Iterator[None]:
    """Raise UnreadableAnswer for what httpx cannot read: redirects without end, a bad encoding."""
    try:
        yield
    except (httpx.DecodingError, httpx.TooManyRedirects) as error:
        raise UnreadableAnswer(status, f"The answer cannot be read: {error}.") from None


def _load(body: bytes) -> Any:
    """Return the JSON value of a body; None if it has none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(document: Any, name: str, default: str) -> str:
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, str) else default
