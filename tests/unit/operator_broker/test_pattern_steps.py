"""Patterns are compiled in many steps of the event loop."""

import asyncio
import re

from mare.broker import queue_selection
from mare.broker.queue_selection import QueueMatcher, QueueQuery, compile_pattern
from mare.tenant_scheduler import TenantScheduler
from tests.fakes.clock import Clock


def test_no_step_of_the_loop_compiles_more_than_one_pattern(monkeypatch):
    """32 patterns of 255 characters took 41 ms; so did those that were no longer in the cache."""
    step, steps = 0, []

    def compiled(text: str) -> re.Pattern[str]:
        steps.append(step)
        return compile_pattern(text)

    async def timeline() -> None:
        nonlocal step
        query = QueueQuery(("named",), tuple(f"a*{number}" for number in range(31)), None)
        tenant = TenantScheduler().of("shop")
        matcher = QueueMatcher(Clock(0.0))
        for exclusive in (frozenset(), frozenset({"a1"})):
            selecting = asyncio.create_task(matcher.select(query, ("a1",), exclusive, tenant))
            while not selecting.done():
                step += 1
                await asyncio.sleep(0)
            assert dict((await selecting).found) == {"named": ("named",), "a1": ("a*1",)}

    monkeypatch.setattr(queue_selection, "compile_pattern", compiled)
    asyncio.run(timeline())
    assert len(steps) == len(set(steps)) == 2 * 31  # for the name that exists, and for the other
