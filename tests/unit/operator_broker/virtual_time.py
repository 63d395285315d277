"""An event loop with virtual time: a task that sleeps wakes at once, and always at the same time.

When no task can run, the loop sets its clock to the next timer. Tests neither wait nor depend on
the load of the machine.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _VirtualSelector(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("every task waits for something that never happens")
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class _Now:
    offset = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time()


now = _Now()
"""The clock of the running loop, for code that takes a clock."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time; fail if it leaves a task behind."""

    async def checked() -> T:
        result = await main
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(checked())
