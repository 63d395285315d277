"""An API that is a function, and how both clients are used with it."""

import asyncio

import httpx

from mare_client import AsyncMare, Mare

STREAM = {"Content-Type": "text/event-stream; charset=utf-8"}


class Api:
    """Answers in turn: status and document, bytes of a stream, a response, or an exception."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer, headers=STREAM)
        status, document = answer
        return httpx.Response(status, json=document, headers={"Retry-After": "0"})


def in_sync(api, use):
    with Mare("http://mare", key="mare_k", transport=httpx.MockTransport(api)) as mare:
        return use(mare)


def in_async(api, use):
    """Run `use` with a client whose methods return results as the synchronous ones do."""
    loop = asyncio.new_event_loop()

    async def collect(stream):
        return [each async for each in stream]

    class Blocking:
        def __init__(self, client):
            self.client = client

        def stream(self, job_id):
            return loop.run_until_complete(collect(self.client.stream(job_id)))

        def __getattr__(self, name):
            method = getattr(self.client, name)
            return lambda *args, **kwargs: loop.run_until_complete(method(*args, **kwargs))

    client = AsyncMare("http://mare", key="mare_k", transport=httpx.MockTransport(api))
    try:
        return use(Blocking(client))
    finally:
        loop.run_until_complete(client.__aexit__(None, None, None))
        loop.close()
