"""The routes of the page, and their HTML for answers and for problems."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, render_template, request
from pydantic import ValidationError

from mare_gateway.api.headers import preferred_language
from mare_gateway.calls import Calls
from mare_gateway.clients import require_scope
from mare_gateway.failures import handle_failures
from mare_gateway.job_documents import ID_PATTERN
from mare_gateway.page.music_view import PLAYER_ORIGINS
from mare_gateway.page.question import Question
from mare_gateway.page.static_files import StaticFiles
from mare_gateway.page.view import Answer, job_answer, problem_answer, suggestion_answer
from mare_gateway.page.words import Words, words_of
from mare_gateway.problems import Problem, Refused
from mare_nameko.client import RpcError

_JOB_ID = re.compile(ID_PATTERN)
_NO_JOB = Problem(status=404, code="job_not_found", detail="There is no such job.")
_START_SECONDS, _ANSWER_SECONDS = 300, 60
"""How long a browser may keep the start page and an answer."""
MOST_SUGGESTIONS = 5
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    f"frame-src {' '.join(PLAYER_ORIGINS)}; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "geolocation=(self)",
    "Vary": "Accept-Language",
}


class Renderer:
    """Renders the templates.

    Args:
        static: the path of the static files.
        behind_proxy: whether a proxy in front sets ``X-Forwarded-Proto``.
    """

    def __init__(self, static: str, *, behind_proxy: bool) -> None:
        self._static = static
        self._behind_proxy = behind_proxy

    def page(self, question: Question, answer: Answer | None, *, seconds: int = 0) -> Response:
        """Return the whole page; the browser may keep it for ``seconds``."""
        return self._render("page.html", question, answer, f"private, max-age={seconds}")

    def fragment(self, question: Question, answer: Answer) -> Response:
        return self._render("answer.html", question, answer, "private, no-store")

    def problem(self, problem: Problem) -> Response:
        """Return the explanation of a problem, as the kind of page that was requested."""
        question = Question.of(request.args)
        suggestions = problem.members.get("suggestions", ())[:MOST_SUGGESTIONS]
        answer = problem_answer(problem.code, question, words_for(question), suggestions)
        template = "answer.html" if request.endpoint == "page.job" else "page.html"
        response = self._render(template, question, answer, "no-store")
        response.status_code = problem.status
        response.headers.update(problem.response_headers)
        return response

    def _render(
        self, template: str, question: Question, answer: Answer | None, cache_control: str
    ) -> Response:
        words = words_for(question)
        html = render_template(
            template,
            answer=answer,
            question=question,
            examples=words("examples.cities").split(", "),
            static=self._static,
            origin=self._origin(),
            lang=words.lang,
            t=words,
        )
        response = Response(html, mimetype="text/html")
        response.headers.update(_HEADERS)
        response.headers["Content-Language"] = words.lang
        response.headers["Cache-Control"] = cache_control
        return response

    def _origin(self) -> str:
        """Return scheme and host of the page: link previews load no relative address."""
        scheme = request.scheme
        if self._behind_proxy and request.headers.get("X-Forwarded-Proto") == "https":
            scheme = "https"
        return f"{scheme}://{request.host}"


def words_for(question: Question) -> Words:
    """Return the texts of the language that the reader chose or prefers."""
    return words_of(question.lang or preferred_language())


def page(call: Calls, static: StaticFiles, *, behind_proxy: bool) -> Blueprint:
    blueprint = Blueprint("page", __name__, template_folder="templates")
    render = Renderer(static.path, behind_proxy=behind_proxy)
    handle_failures(blueprint, render.problem)

    @blueprint.errorhandler(ValidationError)
    def invalid(_error: ValidationError) -> Response:
        return render.problem(Problem(status=400, code="invalid_parameter", detail=""))

    @blueprint.get("/")
    def index() -> Response:
        question = Question.of(request.args)
        if not question.names_a_place:
            return render.page(question, None, seconds=_START_SECONDS)
        require_scope(g.client, "read")
        words = words_for(question)
        suggestion = call("playlists.suggest", question.query().request(words.lang))
        answer = suggestion_answer(suggestion, question, words, datetime.now(UTC))
        return render.page(question, answer, seconds=_ANSWER_SECONDS)

    @blueprint.get("/answers/<job_id>")
    def job(job_id: str) -> Response:
        """The answer of a job so far, as the fragment that the page inserts."""
        if not _JOB_ID.fullmatch(job_id):
            raise Refused(_NO_JOB)
        require_scope(g.client, "jobs")
        document = call("jobs.get", {"id": job_id, "client": g.client.name})
        asked = Question.of(request.args)
        question, words = Question.of_job(document["request"], asked), words_for(asked)
        similar = _similar_places(call, document, words)
        return render.fragment(
            question, job_answer(document, question, words, datetime.now(UTC), similar)
        )

    return blueprint


def _similar_places(
    call: Calls, document: Mapping[str, Any], words: Words
) -> list[Mapping[str, Any]]:
    """Return places that resemble the unknown one of a failed job: its record has none."""
    failure, city = document.get("failure") or {}, document["request"].get("city")
    if failure.get("type") != "PlaceNotFound" or not city:
        return []
    search = {"q": city, "lang": words.lang, "limit": MOST_SUGGESTIONS}
    try:
        return list(call("weather.search", search)["places"])
    except RpcError:
        return []
