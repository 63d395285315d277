"""HTML responses of the page, for answers and for problems."""

from flask import Response, render_template, request

from mare_gateway.api.headers import preferred_language
from mare_gateway.page.music_view import PLAYER_ORIGINS
from mare_gateway.page.question import Question
from mare_gateway.page.view import Answer, problem_answer
from mare_gateway.page.words import Words, words_of
from mare_gateway.problems import Problem

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
