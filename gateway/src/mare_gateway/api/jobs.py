"""Playlists in the background: submit a job, read it, cancel it, try it again."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import msgspec
import uuid_utils
from flask import Response, g, request
from flask_openapi3.blueprint import APIBlueprint
from werkzeug.exceptions import UnsupportedMediaType

from mare_gateway.api.headers import (
    IDEMPOTENCY_KEY,
    Preferences,
    idempotency_key_of,
    preferred_language,
)
from mare_gateway.api.parameters import check_body
from mare_gateway.api.queries import (
    BatchSubmissionBody,
    JobId,
    JobsQuery,
    PlaylistSubmission,
    Query,
)
from mare_gateway.api.this_machine import check_callback, is_sent_to_an_address
from mare_gateway.calls import Calls
from mare_gateway.job_documents import UNFINISHED, document, path_of
from mare_gateway.problems import Problem, Refused
from mare_gateway.responses import entity
from mare_nameko.client import RpcError

POLL_SECONDS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Pauses before a job is read again; the last one repeats. A wait of 5 s takes 12 reads; a cached
playlist is complete at the first."""
RETRY_AFTER = 1


class JobPath(Query):
    """The path of a job."""

    job_id: JobId
    """Id of the job."""


class Jobs:
    """Calls the jobs service for the current request.

    At most `max_waiting` threads wait for jobs to end; beyond that, ``Prefer: wait`` is ignored.
    """

    def __init__(self, call: Calls, *, max_waiting: int) -> None:
        self._call = call
        self._waiting = threading.BoundedSemaphore(max_waiting)

    def submit(
        self,
        message: Mapping[str, Any],
        preferences: Preferences,
        callback: Mapping[str, Any] | None = None,
    ) -> Response:
        """Store a job; return 202, or 200 if it is complete within the preferred wait."""
        check_callback(callback)
        job = self._call("jobs.accept", {**_submission(), "request": message, "callback": callback})
        waited = preferences.wait is not None and self._waiting.acquire(blocking=False)
        if waited:
            try:
                job = self._await(job, preferences.wait or 0.0)
            finally:
                self._waiting.release()
        return _accepted(job, preferences.applied(waited=waited))

    def submit_batch(
        self, items: Sequence[tuple[Mapping[str, Any], Mapping[str, Any] | None]]
    ) -> Response:
        """Store one job for each request with its callback; return 202."""
        for _message, callback in items:
            check_callback(callback)
        jobs = [
            {"id": str(uuid_utils.uuid7()), "request": message, "callback": callback}
            for message, callback in items
        ]
        return _accepted(self._call("jobs.accept_batch", {**_submission(), "jobs": jobs}), "")

    def list_jobs(self, limit: int, cursor: str | None) -> Response:
        """Return a page of the client's jobs, newest first."""
        if not g.client.may_list_jobs or not (g.client.name or is_sent_to_an_address()):
            raise Refused(_NOT_LISTED)
        query = {"client": g.client.name, "limit": limit, "cursor": cursor}
        page = self._call("jobs.list_jobs", query)
        following = page["next_cursor"]
        body = {
            "jobs": [document(job) for job in page["jobs"]],
            "next": following and f"/v1/jobs?limit={limit}&cursor={following}",
        }
        return _no_store_response(body)

    def call_for_job(self, method: str, job_id: str) -> Response:
        """Call a method of the jobs service for one job and return its record."""
        job = self._call(f"jobs.{method}", {"id": job_id, "client": g.client.name})
        response = _private_response(document(job))
        if job["state"] in UNFINISHED:
            response.headers["Retry-After"] = str(RETRY_AFTER)
        return response

    def deliveries(self, job_id: str) -> Response:
        log = self._call("jobs.deliveries", {"id": job_id, "client": g.client.name})
        return _private_response(log)

    def _await(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Read the job until it has ended, at most for `seconds` and the rest of the deadline."""
        give_up = time.monotonic() + min(seconds, self._call.seconds_left() - 1)
        pauses = chain(POLL_SECONDS, repeat(POLL_SECONDS[-1]))
        while job["state"] in UNFINISHED and (left := give_up - time.monotonic()) > 0:
            time.sleep(min(next(pauses), left))
            try:
                job = self._call("jobs.get", {"id": job["id"], "client": g.client.name})
            except RpcError:  # the job is accepted: its path must reach the client
                return job
        return job


def job_routes(
    api: APIBlueprint,
    jobs: Jobs,
    *,
    count_as: Callable[[int], None],
) -> None:
    """Add the routes of jobs to `api`. A batch is counted as its jobs."""

    @api.before_request
    def check_submission() -> None:
        submits = request.endpoint in (f"{api.name}.submit_playlist", f"{api.name}.submit_batch")
        if not submits or request.method != "POST":  # OPTIONS has the same endpoint
            return
        if not request.is_json:
            raise UnsupportedMediaType
        check_body(request.get_data())

    @api.post("/playlists")
    def submit_playlist(body: PlaylistSubmission) -> Response:
        """Compose a playlist in the background.

        Returns 202 when the job is stored, with the path of the job in `Location`. With
        `Prefer: wait=5` the answer is 200 if the job ends within 5 s. A repeated
        `Idempotency-Key` returns the first job.
        """
        preferences = Preferences.parse(request.headers.get("Prefer"))
        return jobs.submit(body.request(preferred_language()), preferences, body.callback())

    @api.post("/playlists/batch")
    def submit_batch(body: BatchSubmissionBody) -> Response:
        """Compose up to 100 playlists in the background: all are accepted, or none.

        Returns 202 with a batch, which is read, streamed and cancelled like a job. It has the
        progress and the ids of its jobs; each of them has its result. A repeated
        `Idempotency-Key` returns the first batch.
        """
        count_as(len(body.jobs))
        return jobs.submit_batch(
            [(each.request(preferred_language()), each.callback()) for each in body.jobs]
        )

    @api.get("/jobs")
    def list_jobs(query: JobsQuery) -> Response:
        """The client's jobs, newest first, without their results."""
        return jobs.list_jobs(query.limit, query.cursor)

    _routes_of_one_job(api, jobs)


def _routes_of_one_job(api: APIBlueprint, jobs: Jobs) -> None:
    @api.get("/jobs/<job_id>")
    def get_job(path: JobPath) -> Response:
        """The state of a job, with the weather as soon as it is known and the playlist at last."""
        return jobs.call_for_job("get", path.job_id)

    @api.get("/jobs/<job_id>/events")
    def stream_job(path: JobPath) -> Response:
        """The states of a job as Server-Sent Events, until it ends.

        The events process serves this path. A gateway that is asked redirects to a path that every
        ingress can route to that process. The data of an event is the document of the job; its id
        is attempt and state. The last event is `end`: close the stream then.
        """
        location = {"Location": f"/v1/streams/{path.job_id}", "Cache-Control": "no-store"}
        return Response(status=307, headers=location)

    @api.delete("/jobs/<job_id>")
    def cancel_job(path: JobPath) -> Response:
        """Cancel a job that has not ended."""
        return jobs.call_for_job("cancel", path.job_id)

    @api.post("/jobs/<job_id>/retry")
    def retry_job(path: JobPath) -> Response:
        """Start another attempt at a job that failed, was cancelled or expired; 100 at most."""
        return jobs.call_for_job("retry", path.job_id)

    @api.get("/jobs/<job_id>/deliveries")
    def get_deliveries(path: JobPath) -> Response:
        """The attempts to deliver the callbacks of a job, oldest first."""
        return jobs.deliveries(path.job_id)


_INVALID_KEY = Problem(
    status=400,
    code="invalid_idempotency_key",
    detail="Idempotency-Key must be one string of 1 to 255 printable ASCII characters, in quotes if"
    " it has a comma.",
)

_NOT_LISTED = Problem(
    status=403,
    code="jobs_not_listed",
    detail="Jobs are listed only for clients with an API key.",
)


def _submission() -> dict[str, Any]:
    """Return what all submissions have; raise Refused for an invalid idempotency key."""
    header = request.headers.get(IDEMPOTENCY_KEY)
    key = None if header is None else idempotency_key_of(header)
    if header is not None and key is None:
        raise Refused(_INVALID_KEY)
    return {
        "id": str(uuid_utils.uuid7()),
        "client": g.client.name,
        "submitter": g.client.submitter,
        "idempotency_key": key and g.client.idempotency_key(key),
    }


def _accepted(job: Mapping[str, Any], applied: str) -> Response:
    response = _no_store_response(document(job))
    response.headers["Location"] = path_of(job["id"])
    if job["state"] in UNFINISHED:
        response.status_code = 202
        response.headers["Retry-After"] = str(RETRY_AFTER)
    if applied:
        response.headers["Preference-Applied"] = applied
    return response


def _no_store_response(body: Mapping[str, Any]) -> Response:
    response = Response(msgspec.json.encode(body), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _private_response(body: Mapping[str, Any]) -> Response:
    response = entity(body, request)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
