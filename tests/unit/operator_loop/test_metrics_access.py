"""How verdicts on tokens for /metrics are cached."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from mare.cluster.metrics_access import MetricsAccess
from tests.unit.operator_loop.api_servers import served
from tests.unit.operator_loop.fakes import Clock

REVIEWS = {
    "tokenreviews": {"authenticated": True, "user": {"username": "prometheus"}},
    "subjectaccessreviews": {"allowed": True},
}


def play(
    timeline: Callable[[MetricsAccess, Clock], Awaitable[None]], status: int = 201
) -> list[str]:
    """Run a timeline with an API server that allows every token; return the requests to it."""

    def answer(request: web.Request) -> web.Response:
        verdict = REVIEWS[request.path.rpartition("/")[2]]
        return web.json_response({"status": verdict}, status=status)

    async def run() -> list[str]:
        clock = Clock()
        async with served(answer) as (api, requests):
            await timeline(MetricsAccess(api, clock), clock)
            return requests

    return asyncio.run(run())


def test_a_verdict_holds_for_a_minute():
    async def timeline(access: MetricsAccess, clock: Clock) -> None:
        for seconds in (0, 59, 2):
            clock.now += seconds
            assert await access.check("Bearer token") is HTTPStatus.OK

    assert len(play(timeline)) == 4


def test_tokens_have_separate_verdicts_and_the_oldest_is_dropped():
    async def timeline(access: MetricsAccess, clock: Clock) -> None:
        for number in [*range(65), 64, 0]:
            await access.check(f"Bearer {number}")

    assert len(play(timeline)) == 2 * 66


def test_without_an_answer_of_the_api_server_metrics_are_unavailable_and_nothing_is_cached():
    async def timeline(access: MetricsAccess, clock: Clock) -> None:
        for _ in range(2):
            assert await access.check("Bearer token") is HTTPStatus.SERVICE_UNAVAILABLE

    assert len(play(timeline, status=403)) == 2


def test_a_request_without_a_token_sends_nothing_to_the_api_server():
    async def timeline(access: MetricsAccess, clock: Clock) -> None:
        for header in (None, "", "Bearer", "Bearer  ", "Basic dXNlcg=="):
            assert await access.check(header) is HTTPStatus.UNAUTHORIZED

    assert play(timeline) == []
