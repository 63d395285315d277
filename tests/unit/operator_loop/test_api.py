"""Responses of the API server, and the errors that follow from them."""

import asyncio

import pytest
from aiohttp import web

from mare.cluster.api import Api
from mare.cluster.paths import Resource
from mare.ports import AccessRefused, Conflict, NotFound, Unavailable
from tests.unit.operator_loop.api_servers import Answer, served


def send_requests(answer: Answer, times: int = 1) -> tuple[list[Exception | dict], list[str]]:
    """Send a request as many times; return the results, and the requests that the server got."""

    async def once(api: Api) -> Exception | dict:
        try:
            return await api.request("GET", Resource("v1", "things").path())
        except (AccessRefused, Conflict, NotFound, Unavailable) as error:
            return error

    async def play() -> tuple[list[Exception | dict], list[str]]:
        async with served(answer) as (api, requests):
            return [await once(api) for _ in range(times)], requests

    return asyncio.run(play())


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFound),
        (409, Conflict),
        (401, AccessRefused),
        (403, AccessRefused),
        (500, Unavailable),
    ],
)
def test_a_refusal_has_a_type_and_the_words_of_the_api_server(status: int, error: type[Exception]):
    body = {"kind": "Status", "message": "because"}

    (raised,), _ = send_requests(lambda _: web.json_response(body, status=status))

    assert type(raised) is error
    assert str(raised) == "because"


@pytest.mark.parametrize("body", ["<html>Please sign in</html>", "", "[1, 2]"])
def test_an_answer_that_no_api_server_gives_means_that_there_is_none(body: str):
    (raised,), _ = send_requests(lambda _: web.Response(text=body, content_type="text/html"))

    assert isinstance(raised, Unavailable)
    assert "does not answer with" in str(raised)


@pytest.mark.parametrize("status", [429, 503])
def test_after_a_request_for_a_pause_nothing_is_sent(status: int):
    def busy(_: web.Request) -> web.Response:
        return web.json_response({}, status=status, headers={"Retry-After": "86400"})

    raised, requests = send_requests(busy, times=3)

    assert len(requests) == 1
    waits = [each.retry_after for each in raised if isinstance(each, Unavailable)]
    assert waits[0] == 86_400
    assert waits[1:] == pytest.approx([30, 30], abs=5)


def test_a_pause_ends():
    answers = iter([429, 200])

    def busy_once(_: web.Request) -> web.Response:
        return web.json_response({}, status=next(answers), headers={"Retry-After": "0"})

    (refused, answered), _ = send_requests(busy_once, times=2)

    assert isinstance(refused, Unavailable)
    assert answered == {}
