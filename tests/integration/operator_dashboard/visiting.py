"""A served dashboard over a small world, and visitors of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from mare.dashboard import Leader, served
from tests.unit.operator_loop.worlds import World

SECONDS = 60.0


@dataclass
class Visitor:
    world: World
    session: aiohttp.ClientSession
    port: int

    async def get(self, path: str, **headers: str) -> tuple[int, dict]:
        async with self.session.get(path, headers=headers) as answer:
            return answer.status, await answer.json()

    async def state(self) -> dict:
        status, state = await self.get("/api/state")
        assert status == 200, state
        return state

    async def one(self, name: str) -> dict:
        status, detail = await self.get(f"/api/objects/shop/{name}")
        assert status == 200, detail
        return detail

    @asynccontextmanager
    async def events(self, query: str = "") -> AsyncIterator["Events"]:
        async with self.session.get(f"/api/events{query}") as answer:
            assert answer.status == 200, await answer.text()
            yield Events(answer)


@dataclass
class Event:
    kind: str = ""
    data: dict | None = None
    comment: str = ""


class Events:
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self) -> Event:
        """The next event or comment; fails when the stream has ended."""
        event = Event()
        async with asyncio.timeout(SECONDS):
            while True:
                line = (await self.answer.content.readline()).decode()
                if not line:
                    raise EOFError
                name, _, value = line.rstrip("\n").partition(":")
                match name:
                    case "event":
                        event.kind = value.strip()
                    case "data":
                        event.data = json.loads(value)
                    case "" if value:
                        event.comment = value.strip()
                    case "" if event != Event():
                        return event


def visit(
    timeline: Callable[[Visitor], Awaitable[None]], world: World | None = None, **settings
) -> World:
    """Run a timeline against a served world."""

    async def play(given: World) -> None:
        there = world or given
        async with served(
            "127.0.0.1",
            0,
            record=there.record,
            ticked_at=lambda: there.loop.ticked_at,
            leader=lambda: Leader(leads=there.leads, name="mare-1" if there.leads else "mare-2"),
            clock=there.clock,
            **settings,
        ) as port:
            session = aiohttp.ClientSession(f"http://127.0.0.1:{port}", read_bufsize=2**24)
            async with session:
                await timeline(Visitor(there, session, port))

    async def play_and_end(given: World) -> None:
        await play(given)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    given = World()
    asyncio.run(play_and_end(given))  # in real time: the sockets are real
    return given


def have(world: World, name: str, ready: int, replicas: int, **spec) -> None:
    world.begin(replicas, ready, name, **spec)
