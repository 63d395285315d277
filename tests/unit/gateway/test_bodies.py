"""Bodies that come slowly, in part, or not at all."""

import asyncio

import pytest

from mare_gateway.bodies import BROKEN, TOO_LARGE, TOO_SLOW, Bodies
from mare_gateway.problems import Refused


def chunks(*bodies, end=True):
    """A client that sends these bytes, and more only if this is not the end."""
    waiting = list(bodies)

    async def receive():
        if not waiting:
            await asyncio.Event().wait()
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting) or not end}

    return receive


async def dripping():
    await asyncio.sleep(0.001)
    return {"type": "http.request", "body": b"", "more_body": True}


async def gone():
    return {"type": "http.disconnect"}


async def outcome(receiving):
    try:
        return await receiving
    except Refused as refused:
        return refused.problem


def test_a_body_is_put_together_from_its_parts():
    assert asyncio.run(Bodies(6).receive(chunks(b"abc", b"", b"def"), None)) == b"abcdef"


@pytest.mark.parametrize(
    ("length", "receive"),
    [("7", None), ("9" * 5_000, None), (None, chunks(b"abc", b"defg"))],
)
def test_a_body_that_is_too_large_is_refused_as_soon_as_that_is_known(length, receive):
    assert asyncio.run(outcome(Bodies(6).receive(receive, length))) is TOO_LARGE


@pytest.mark.parametrize("receive", [chunks(b"half", end=False), dripping])
def test_a_body_has_a_deadline_even_if_it_drips(receive):
    bodies = Bodies(100, seconds=0.01)

    assert asyncio.run(outcome(bodies.receive(receive, "50"))) is TOO_SLOW


def test_a_body_that_ends_early_is_refused():
    assert asyncio.run(outcome(Bodies(6).receive(gone, "3"))) is BROKEN


def test_a_body_of_thousands_of_parts_is_refused_before_it_costs_seconds():
    assert (
        asyncio.run(outcome(Bodies(60_000).receive(chunks(*[b"x"] * 1_000), None))) == b"x" * 1_000
    )
    assert asyncio.run(outcome(Bodies(60_000).receive(chunks(*[b"x"] * 1_001), None))) is BROKEN


def test_of_too_many_bodies_at_a_time_the_slowest_is_given_up():
    async def main():
        bodies = Bodies(100, seconds=60, at_a_time=2)
        slow = [
            asyncio.ensure_future(outcome(bodies.receive(chunks(b"half", end=False), "50")))
            for _ in range(2)
        ]
        await asyncio.sleep(0)

        assert await bodies.receive(chunks(b"{}"), "2") == b"{}"
        assert await slow[0] is TOO_SLOW
        assert not slow[1].done()
        slow[1].cancel()

    asyncio.run(main())


def test_a_body_that_has_just_timed_out_makes_room_for_the_next():
    async def main():
        bodies = Bodies(100, seconds=0, at_a_time=1)
        late = asyncio.ensure_future(outcome(bodies.receive(chunks(b"half", end=False), "50")))
        for _ in range(2):  # begin to receive, then time out: the task of `late` has not run since
            await asyncio.sleep(0)

        assert await bodies.receive(chunks(b"{}"), "2") == b"{}"
        assert await late is TOO_SLOW

    asyncio.run(main())
