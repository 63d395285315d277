"""How verdicts on tokens for /metrics are cached."""

import asyncio
from http import HTTPStatus
from typing import Any

import pytest

from mare.cluster.metrics_access import MetricsAccess
from mare.cluster.paths import ApiPath
from mare.ports import AccessRefused
from tests.unit.operator_broker import virtual_time


class Api:
    """Allows every token, unless the operator may not ask."""

    def __init__(self) -> None:
        self.requests = 0
        self.refusal: AccessRefused | None = None

    async def request(self, method: str, path: ApiPath, body: Any) -> dict:
        self.requests += 1
        if self.refusal is not None:
            raise self.refusal
        user = {"authenticated": True, "user": {"username": "prometheus"}}
        return {"status": user if "token" in body["spec"] else {"allowed": True}}


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def access(api: Api) -> MetricsAccess:
    return MetricsAccess(api, virtual_time.now)


async def test_a_verdict_holds_for_a_minute(api, access):
    for seconds in (0, 59, 2):
        await asyncio.sleep(seconds)
        assert await access.check("Bearer token") is HTTPStatus.OK

    assert api.requests == 4


async def test_tokens_have_separate_verdicts_and_the_oldest_is_dropped(api, access):
    for number in [*range(65), 64, 0]:
        await access.check(f"Bearer {number}")

    assert api.requests == 2 * 66


async def test_without_an_answer_of_the_api_server_metrics_are_unavailable_and_nothing_is_cached(
    api, access
):
    api.refusal = AccessRefused("no")
    for _ in range(2):
        assert await access.check("Bearer token") is HTTPStatus.SERVICE_UNAVAILABLE

    assert api.requests == 2


async def test_a_request_without_a_token_sends_nothing_to_the_api_server(api, access):
    for header in (None, "", "Bearer", "Bearer  ", "Basic dXNlcg=="):
        assert await access.check(header) is HTTPStatus.UNAUTHORIZED

    assert api.requests == 0
