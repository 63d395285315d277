"""The endpoints. Each validates its query, calls one method of a service and returns its answer."""

from collections.abc import Callable

from flask import Response, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from mare_gateway.api.forward import Forward
from mare_gateway.api.headers import Preferences, preferred_language
from mare_gateway.api.jobs import JobPath, Jobs, job_routes
from mare_gateway.api.parameters import refuse_repeated
from mare_gateway.api.queries import (
    BatchSubmissionBody,
    JobsQuery,
    PlacesQuery,
    PlaylistsQuery,
    PlaylistSubmission,
    WeatherQuery,
)
from mare_gateway.calls import Calls
from mare_gateway.clients import require_scope
from mare_gateway.keys import Scope

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
QUERIES = (
    *(PlacesQuery, PlaylistsQuery, PlaylistSubmission, WeatherQuery, JobPath),
    *(BatchSubmissionBody, JobsQuery),
)


def routes(
    call: Calls,
    forward: Forward,
    *,
    max_waiting: int,
    count_as: Callable[[int], None],
) -> APIBlueprint:
    """Return the routes of the API.

    ``call`` calls the services, ``forward`` caches answers. ``count_as`` counts the current request
    as several, and raises Refused if they are too many. At most ``max_waiting`` threads wait for
    jobs to end.
    """
    api = APIBlueprint(
        "v1",
        __name__,
        url_prefix="/v1",
        operation_id_callback=_operation_id,
        abp_tags=[Tag(name="Playlists, places, weather")],
    )

    @api.before_request
    def check_scope() -> None:
        require_scope(g.client, _scope())

    @api.before_request
    def check_parameters() -> None:
        refuse_repeated(request.args.items(multi=True))

    jobs = Jobs(call, max_waiting=max_waiting)
    job_routes(api, jobs, count_as=count_as)

    @api.get("/playlists")
    def playlists(query: PlaylistsQuery) -> Response:
        """A playlist for the weather at a place.

        The answer contains the reasons: each rule that applied, and what it added to the mood.
        With `Prefer: respond-async` the playlist is composed in the background: 202.
        """
        preferences = Preferences.parse(request.headers.get("Prefer"))
        if preferences.respond_async:
            return jobs.submit(query.request(preferred_language()), preferences)
        return forward("playlists.suggest", query.request(preferred_language()))

    @api.get("/places")
    def places(query: PlacesQuery) -> Response:
        """Places by the beginning of their name."""
        return forward("weather.search", query.request(preferred_language()))

    @api.get("/weather")
    def weather(query: WeatherQuery) -> Response:
        """The weather at a place."""
        return forward("weather.report", query.request(preferred_language()))

    return api


def _operation_id(*, name: str, path: str, method: str) -> str:  # noqa: ARG001
    return name


def scope_of(path: str, method: str) -> Scope:
    """Return the scope of an operation, unless its client prefers a job."""
    return "jobs" if path.startswith("/v1/jobs") or method not in _READING else "read"


def _scope() -> Scope:
    preferences = Preferences.parse(request.headers.get("Prefer"))
    return "jobs" if preferences.respond_async else scope_of(request.path, request.method)
