"""The endpoints: each checks its query, calls one service and passes the answer on."""

from typing import Any

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import ResponseDict

from mare_gateway.api.answers import PlaceList, ProblemDocument, Suggestion, WeatherReport
from mare_gateway.api.invalid import repeated
from mare_gateway.api.queries import Language, PlacesQuery, PlaylistsQuery, WeatherQuery
from mare_gateway.caching import answer
from mare_gateway.calls import Calls
from mare_gateway.failures import respond
from mare_gateway.problems import MEDIA_TYPE

QUERIES = (PlacesQuery, PlaylistsQuery, WeatherQuery)


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


_PROBLEMS: ResponseDict = {
    400: _problem("A parameter is missing, unknown, out of bounds or contradicts another."),
    429: _problem("Too many requests from one address."),
    502: _problem("A service or a source of our data failed."),
    503: _problem("A service is not running, or there are too many requests at once."),
    504: _problem("The answer took too long."),
}
_PLACE_PROBLEMS: ResponseDict = {
    404: _problem("No such place; `suggestions` are similar ones."),
    409: _problem("Several places have this name and `strict` was set; `candidates` are they."),
}


def routes(call: Calls, *, cache_seconds: int) -> APIBlueprint:
    """Return the API's routes, answered with the help of ``call``."""
    api = APIBlueprint(
        "v1",
        __name__,
        url_prefix="/v1",
        abp_responses=_PROBLEMS,
        abp_tags=[Tag(name="Playlists, places, weather")],
    )

    @api.before_request
    def refuse_repeated_parameters() -> Response | None:
        problem = repeated(request.args.items(multi=True))
        return respond(problem) if problem else None

    def ask(target: str, query: PlacesQuery | WeatherQuery) -> Response:
        asked = query.request(_preferred_language())
        found = call(target, asked)
        return answer(found, request, seconds=cache_seconds, language=asked["lang"])

    @api.get("/playlists", responses={200: Suggestion, **_PLACE_PROBLEMS})
    def playlists(query: PlaylistsQuery) -> Response:
        """A playlist for the weather at a place.

        The answer says why: each rule that fired, and what it added to the mood.
        """
        return ask("playlists.suggest", query)

    @api.get("/places", responses={200: PlaceList})
    def places(query: PlacesQuery) -> Response:
        """Places by the beginning of their name."""
        return ask("weather.search", query)

    @api.get("/weather", responses={200: WeatherReport, **_PLACE_PROBLEMS})
    def weather(query: WeatherQuery) -> Response:
        """The weather at a place."""
        return ask("weather.report", query)

    return api


def _preferred_language() -> Language:
    # Not werkzeug's best_match: it takes any "en" for better than the best "pt-BR".
    for tag, quality in request.accept_languages:  # best first
        language = tag.partition("-")[0].lower()
        if quality > 0 and language in ("en", "pt"):
            return "pt" if language == "pt" else "en"
    return "en"
