"""The endpoints. Each validates its query, calls one method of a service and returns its answer."""

from collections.abc import Callable
from typing import Any

from flask import Response, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import ResponseDict

from mare_gateway.api.forward import Forward
from mare_gateway.api.headers import Preferences, preferred_language
from mare_gateway.api.jobs import JobPath, Jobs, job_routes
from mare_gateway.api.parameters import repeated
from mare_gateway.api.queries import (
    BatchSubmissionBody,
    JobsQuery,
    PlacesQuery,
    PlaylistsQuery,
    PlaylistSubmission,
    WeatherQuery,
)
from mare_gateway.authenticator import refusal
from mare_gateway.calls import Calls
from mare_gateway.clients import Scope
from mare_gateway.failures import respond
from mare_gateway.openapi import operation_id
from mare_gateway.problems import MEDIA_TYPE
from mare_gateway.responses import entity

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
QUERIES = (
    *(PlacesQuery, PlaylistsQuery, PlaylistSubmission, WeatherQuery, JobPath),
    *(BatchSubmissionBody, JobsQuery),
)


def _answer(schema: str, description: str = "OK", media_type: str = "application/json") -> Any:
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _either(*schemas: str) -> Any:
    references = [{"$ref": f"#/components/schemas/{schema}"} for schema in schemas]
    return {"description": "OK", "content": {"application/json": {"schema": {"oneOf": references}}}}


def _problem(description: str) -> Any:
    return _answer("ProblemDocument", description, MEDIA_TYPE)


_PROBLEMS: ResponseDict = {
    400: _problem("A parameter is missing, unknown, out of range or contradicts another one."),
    429: _problem("Too many requests, or too many jobs that have not ended, of one client."),
    502: _problem("A service or a data source failed."),
    503: _problem("A service is not running, or too many requests are in progress."),
    504: _problem("The service did not respond in time."),
}
_PLACE_PROBLEMS: ResponseDict = {
    404: _problem("No place has this name; `suggestions` are similar ones."),
    409: _problem("`strict` is set and several places have this name: the `candidates`."),
}


_JOB_PROBLEMS: ResponseDict = {
    404: _problem("There is no such job, or its record has expired."),
    409: _problem("The state of the job does not allow this."),
}
_ACCEPTED: ResponseDict = {
    200: _answer("JobDocument", "The job ended within the preferred wait."),
    202: _answer("JobDocument", "The job is stored."),
    422: _problem("The Idempotency-Key belongs to another request."),
}
_PLAYLIST: ResponseDict = {
    200: _answer("Suggestion"),
    202: _ACCEPTED[202],
    **_PLACE_PROBLEMS,
}
_JOB: ResponseDict = {200: _either("JobDocument", "BatchDocument"), **_JOB_PROBLEMS}
_DELIVERIES: ResponseDict = {200: _answer("DeliveryList"), 404: _JOB_PROBLEMS[404]}
_BATCH: ResponseDict = {
    200: _answer("BatchDocument", "A batch of this Idempotency-Key has ended."),
    202: _answer("BatchDocument", "All jobs are stored."),
    422: _ACCEPTED[422],
}
_LISTED: ResponseDict = {
    200: _answer("JobPage"),
    403: _problem("Jobs of clients without a key are not listed."),
}
_STREAM: ResponseDict = {
    200: {"description": "OK", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
    204: {"description": "The job has ended with the state in `Last-Event-ID`."},
    307: {"description": "Another process serves the stream: its path is in `Location`."},
    404: _JOB_PROBLEMS[404],
    429: _problem("Too many streams of one address."),
    503: _problem("Too many streams, or the state of the job cannot be read."),
}


def routes(
    call: Calls,
    forward: Forward,
    *,
    timeout: float,
    most_bodies: int,
    count_as: Callable[[int], Response | None],
) -> APIBlueprint:
    """Return the routes of the API.

    ``call`` calls the services, ``forward`` caches answers. ``count_as`` counts the current request
    as several, and returns a response if they are too many.
    """
    api = APIBlueprint(
        "v1",
        __name__,
        url_prefix="/v1",
        operation_id_callback=operation_id,
        abp_responses=_PROBLEMS,
        abp_tags=[Tag(name="Playlists, places, weather")],
    )

    @api.before_request
    def check_scope() -> Response | None:
        problem = refusal(g.client, _scope())
        return respond(problem) if problem else None

    @api.before_request
    def refuse_repeated_parameters() -> Response | None:
        problem = repeated(request.args.items(multi=True))
        return respond(problem) if problem else None

    jobs = Jobs(call, timeout=timeout, most_waiting=most_bodies)
    job_routes(
        api,
        jobs,
        accepted=_ACCEPTED,
        job=_JOB,
        stream=_STREAM,
        batch=_BATCH,
        listed=_LISTED,
        language=preferred_language,
        most_bodies=most_bodies,
        count_as=count_as,
    )

    callback_routes(api, call, deliveries=_DELIVERIES)

    @api.get("/playlists", responses=_PLAYLIST)
    def playlists(query: PlaylistsQuery) -> Response:
        """A playlist for the weather at a place.

        The answer contains the reasons: each rule that applied, and what it added to the mood.
        With `Prefer: respond-async` the playlist is composed in the background: 202.
        """
        preferences = Preferences.parse(request.headers.get("Prefer"))
        if preferences.respond_async:
            return jobs.submit(query.request(preferred_language()), preferences)
        return forward("playlists.suggest", query.request(preferred_language()))

    @api.get("/places", responses={200: _answer("PlaceList")})
    def places(query: PlacesQuery) -> Response:
        """Places by the beginning of their name."""
        return forward("weather.search", query.request(preferred_language()))

    @api.get("/weather", responses={200: _answer("WeatherReport"), **_PLACE_PROBLEMS})
    def weather(query: WeatherQuery) -> Response:
        """The weather at a place."""
        return forward("weather.report", query.request(preferred_language()))

    return api


def _scope() -> Scope:
    is_job = request.path.startswith("/v1/jobs") or request.method not in _READING
    preferences = Preferences.parse(request.headers.get("Prefer"))
    return "jobs" if is_job or preferences.respond_async else "read"


def callback_routes(api: APIBlueprint, call: Calls, *, deliveries: ResponseDict) -> None:
    """Add the routes of callbacks to `api`."""

    @api.get("/jobs/<job_id>/deliveries", responses=deliveries)
    def get_deliveries(path: JobPath) -> Response:
        """The attempts to deliver the callbacks of a job, oldest first."""
        log = call("jobs.deliveries", {"id": path.job_id, "client": g.client.name})
        response = entity(log, request)
        response.headers["Cache-Control"] = "private, no-cache"
        return response
