"""A watch that ends is begun again, later each time until one lasts."""

import asyncio

from mare.cluster.watch import keep_watching
from mare.ports import Unavailable
from tests.unit.operator_broker import virtual_time


async def test_a_watch_that_lasted_is_begun_again_after_a_second():
    """Its pause is not that of the failures before it: each change would be seen 5 s late."""
    lasts, begun = [0, 0, 0, 0, 60, 0, 0], []

    async def watch() -> None:
        begun.append(virtual_time.now())
        await asyncio.sleep(lasts[len(begun) - 1])
        if len(begun) == len(lasts):
            raise asyncio.CancelledError
        raise Unavailable("the connection ended")

    watching = asyncio.create_task(keep_watching(watch, kind="Job", on_refusal=print))
    await asyncio.wait([watching])

    assert begun == [0, 1, 3, 7, 12, 73, 75]
