"""Receives the bodies of requests in the event loop: a slow client occupies no thread."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mare_gateway.problems import Problem, Refused

SECONDS = 10.0
"""Time that a body has to arrive after its head."""

_AT_A_TIME = 1024
"""Bodies that a process receives. One more ends the oldest, which is the slowest: a body that comes
with its head takes a millisecond."""

_DIGITS = 15
"""Of a length that are read: Python converts no more than 4,300."""

Receive = Callable[[], Awaitable[dict[str, Any]]]

TOO_LARGE = Problem(
    status=413, code="request_entity_too_large", detail="The request body is too large."
)
TOO_SLOW = Problem(
    status=408,
    code="request_timeout",
    detail=f"The request body did not arrive within {SECONDS:g} s.",
    headers={"Connection": "close"},
)


BROKEN = Problem(
    status=400,
    code="invalid_body",
    detail="The request body is incomplete, or its chunks are invalid or too many.",
    headers={"Connection": "close"},
)

_MAX_PARTS = 1_000
"""Messages that a body may come in. A part takes 0.1 ms, and may be a chunk of one octet."""


class Bodies:
    """Receives bodies of at most ``max_bytes``."""

    def __init__(
        self, max_bytes: int, *, seconds: float = SECONDS, at_a_time: int = _AT_A_TIME
    ) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._at_a_time = at_a_time
        self._timeouts: dict[asyncio.Timeout, None] = {}
        """Of the bodies that are being received, oldest first."""

    async def receive(self, receive: Receive, length: str | None) -> bytes:
        """Return the body; ``length`` is the header. Raises Refused."""
        if length is not None and length.isdecimal() and int(length[:_DIGITS]) > self._max_bytes:
            raise Refused(TOO_LARGE)
        try:
            async with asyncio.timeout(self._seconds) as timeout:
                self._end_oldest()
                self._timeouts[timeout] = None
                try:
                    return await self._collect(receive)
                finally:
                    self._timeouts.pop(timeout, None)
        except TimeoutError:
            raise Refused(TOO_SLOW) from None

    async def _collect(self, receive: Receive) -> bytes:
        body = bytearray()
        for _ in range(_MAX_PARTS):
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                raise Refused(TOO_LARGE)
            if not message.get("more_body", False):
                return bytes(body)
        raise Refused(BROKEN)

    def _end_oldest(self) -> None:
        if len(self._timeouts) >= self._at_a_time:
            oldest = next(iter(self._timeouts))
            del self._timeouts[oldest]
            if not oldest.expired():  # else its task ends in the next turn of the loop
                oldest.reschedule(asyncio.get_running_loop().time())
