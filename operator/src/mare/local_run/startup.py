"""The first copies: awaited, and handed over to their autoscalers when they are there."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from mare.custom_resource.autoscaler import Autoscaler
from mare.local_run.plan import Plan
from mare.local_run.program import Program
from mare.local_run.terminal import Terminal
from mare.local_run.workloads import ProcessWorkloads

_LOOK_SECONDS = 0.05
_SETTLED_SECONDS = 2.0
"""What a program that cannot tell whether it is ready is given to declare its queues."""
_PATIENCE_SECONDS = 15.0
"""After this an autoscaler acts, be a copy ready or not."""
_READY_SECONDS = 60.0


class NotReady(Exception):
    """A program did not come up; the message says which and why.

    Attributes:
        name: of the copy.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name


class Startup:
    """Awaits a ready copy of each program; `put` is given each autoscaler when it may begin."""

    def __init__(
        self,
        plan: Plan,
        workloads: ProcessWorkloads,
        put: Callable[[Autoscaler], None],
        terminal: Terminal,
        give_up_after: int | None,
    ) -> None:
        self._programs = plan.programs
        self._autoscalers = {each.target.name: each for each in plan.autoscalers}
        self._workloads = workloads
        self._put = put
        self._terminal = terminal
        self._give_up_after = give_up_after

    async def run(self) -> None:
        """Return when all are ready; raise `NotReady` if it is not worth waiting any longer."""
        tasks = [asyncio.create_task(self._ready(program)) for program in self._programs]
        tasks += [asyncio.create_task(self._begin_scaling(program)) for program in self._programs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _begin_scaling(self, program: Program) -> None:
        autoscaler = self._autoscalers.get(program.name)
        if autoscaler is None:
            return
        if program.probe is None:
            await asyncio.sleep(_SETTLED_SECONDS)
        elif program.replicas:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._until_ready(program)
        self._put(autoscaler)

    async def _ready(self, program: Program) -> None:
        if program.replicas == 0:
            return
        name = f"{program.name}-1"
        try:
            async with asyncio.timeout(_READY_SECONDS if self._give_up_after else None):
                await self._until_ready(program)
        except TimeoutError:
            reason = await self._workloads.obstacle(program, 1)
            why = f"is not ready after {_READY_SECONDS:g} s: {reason}"
            raise NotReady(name, why) from None
        self._terminal.show(name, "ready" if program.probe else "started")

    async def _until_ready(self, program: Program) -> None:
        replicas = self._workloads.group(program.name).replicas
        while not any(map(self._workloads.is_ready, replicas.values())):
            first = replicas.get(1)
            if self._give_up_after and first and first.ends >= self._give_up_after:
                raise NotReady(first.name, "does not start")
            await asyncio.sleep(_LOOK_SECONDS)
