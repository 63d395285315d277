"""Counts the requests of the Flask application, and refuses those beyond the rate limits."""

from collections.abc import Callable

from flask import Flask, Response, g, request

from mare_gateway.problems import Refused
from mare_gateway.rate_limit import RateLimiter, Verdict


def limit_rate(app: Flask, limiter: RateLimiter) -> Callable[[int], None]:
    """Count every request of ``app`` to the API or to the page; refuse too many with 429.

    Returns a function that counts the current request as several.
    """

    @app.before_request
    def count() -> None:
        is_limited = request.path.startswith("/v1/") or request.blueprint == "page"
        if not is_limited or request.method == "OPTIONS":
            return
        g.verdict = verdict = limiter.hit(g.client)
        if verdict is not None and not verdict.allowed:
            raise Refused(verdict.problem())

    @app.after_request
    def show(response: Response) -> Response:
        verdict: Verdict | None = g.get("verdict")
        if verdict is not None:
            response.headers.update(verdict.headers())
        return response

    def count_as(requests: int) -> None:
        if requests == 1:
            return
        g.verdict = verdict = limiter.hit(g.client, requests - 1)
        if verdict is not None and not verdict.allowed:
            raise Refused(verdict.problem(requests))

    return count_as
