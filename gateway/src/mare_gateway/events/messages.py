"""The event that a job has changed, and Server-Sent Events: the bytes of a stream.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from mare_gateway.job_documents import UNFINISHED, document, is_batch

_encode = msgspec.json.Encoder().encode

RETRY_MILLISECONDS = 1000
OPENING = f"retry: {RETRY_MILLISECONDS}\n\n".encode()
"""Makes a client reconnect after a second if the stream breaks."""

HEARTBEAT = b": heartbeat\n\n"
"""A comment, which keeps proxies from closing the connection and finds broken ones."""


class Changed(msgspec.Struct):
    """The fields of an event ``job_changed`` that streams need."""

    job_id: str
    client: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job in one state, encoded once for all streams.

    Attributes:
        event_id: attempt and state, for example ``1-partial``; of a batch, its progress.
        is_final: no later event can follow, except after a retry of the job.
        event: the bytes of the event.
        members: ids of the jobs of a batch.
    """

    event_id: str
    is_final: bool
    event: bytes
    members: frozenset[str] = frozenset()

    @classmethod
    def of(cls, job: Mapping[str, Any]) -> Self:
        batch = is_batch(job)
        event_id = _progress_id(job) if batch else f"{job['attempt']}-{job['state']}"
        # JSON has no line breaks, so that it is one line of data.
        lines = (b"id: ", event_id.encode(), b"\ndata: ", _encode(document(job)), b"\n\n")
        members = frozenset(each["id"] for each in job["jobs"]) if batch else frozenset()
        return cls(event_id, job["state"] not in UNFINISHED, b"".join(lines), members)


def _progress_id(batch: Mapping[str, Any]) -> str:
    """Return an id that changes with the number of jobs in any state."""
    counts = ".".join(str(count) for count in batch["progress"].values())
    return f"{batch['state']}-{counts}"


def end(snapshot: Snapshot) -> bytes:
    """Return the last event of a stream; the client should close it instead of reconnecting."""
    return f"event: end\nid: {snapshot.event_id}\ndata: {{}}\n\n".encode()
