"""HTML responses of the page, for answers and for errors."""

import logging

from flask import Blueprint, Response, g, render_template, request
from pydantic import ValidationError
from werkzeug.exceptions import TooManyRequests

from mare_gateway.api.languages import preferred_language
from mare_gateway.page.music_view import PLAYER_ORIGINS
from mare_gateway.page.question import Question
from mare_gateway.page.view import Answer, problem_answer
from mare_gateway.page.words import Words, words_of
from mare_gateway.problems import INTERNAL, Problem, problem_of
from mare_nameko.client import RpcError

log = logging.getLogger(__name__)

EXAMPLES = ("Recife", "Lisboa", "Tokyo", "Reykjavík", "Nairobi", "New York")
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
    """Renders the templates; ``static`` is the path of the static files."""

    def __init__(self, static: str) -> None:
        self._static = static

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
        if problem.retry_after is not None:
            response.headers["Retry-After"] = str(problem.retry_after)
        return response

    def _render(
        self, template: str, question: Question, answer: Answer | None, cache_control: str
    ) -> Response:
        words = words_for(question)
        html = render_template(
            template,
            answer=answer,
            question=question,
            examples=EXAMPLES,
            static=self._static,
            lang=words.lang,
            t=words,
        )
        response = Response(html, mimetype="text/html")
        response.headers.update(_HEADERS)
        response.headers["Content-Language"] = words.lang
        response.headers["Cache-Control"] = cache_control
        return response


def words_for(question: Question) -> Words:
    """Return the texts of the language that the reader chose or prefers."""
    return words_of(question.lang or preferred_language())


def explain_failures(blueprint: Blueprint, render: Renderer) -> None:
    """Register error handlers that respond with a page."""

    @blueprint.errorhandler(RpcError)
    def call_failed(error: RpcError) -> Response:
        problem = problem_of(error)
        if problem.status >= 500:  # noqa: PLR2004
            log.warning("Call failed: %s", error, extra={"request_id": g.identity.request_id})
        return render.problem(problem)

    @blueprint.errorhandler(ValidationError)
    def invalid(_error: ValidationError) -> Response:
        return render.problem(Problem(status=400, code="invalid_parameter", detail=""))

    @blueprint.errorhandler(TooManyRequests)
    def limited(error: TooManyRequests) -> Response:
        response = render.problem(Problem(status=429, code="too_many_requests", detail=""))
        response.headers.extend(
            (name, value)
            for name, value in error.get_headers()
            if name not in ("Content-Type", "Content-Length")
        )
        return response

    @blueprint.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        log.error("Request failed", exc_info=error, extra={"request_id": g.identity.request_id})
        return render.problem(INTERNAL)
