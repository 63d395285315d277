"""The start of `mare local`: waits for processes, then starts their autoscalers."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from mare.custom_resource.autoscaler import Autoscaler
from mare.local_run.plan import Plan
from mare.local_run.program import Program
from mare.local_run.terminal import Terminal
from mare.local_run.workloads import ProcessWorkloads

_POLL_SECONDS = 0.05
_SETTLED_SECONDS = 2.0
"""Time for a program without a probe to declare its queues."""
_LONGEST_WAIT_SECONDS = 15.0
"""Time after which an autoscaler starts although no process is ready."""
_READY_TIMEOUT_SECONDS = 60.0


class NotReady(Exception):
    """A program did not become ready. The message names the program and the cause."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name


@dataclass(eq=False)
class Startup:
    """Waits for a ready process of each program, and passes each autoscaler to `put`."""

    plan: Plan
    workloads: ProcessWorkloads
    put: Callable[[Autoscaler], None]
    terminal: Terminal
    give_up_after: int | None

    def __post_init__(self) -> None:
        self._autoscalers = {each.target.name: each for each in self.plan.autoscalers}

    async def run(self) -> None:
        """Return when all programs are ready; raise `NotReady` when one does not become ready."""
        work = (self._report_ready, self._start_autoscaler)
        programs = self.plan.programs
        tasks = [asyncio.create_task(each(program)) for program in programs for each in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _start_autoscaler(self, program: Program) -> None:
        autoscaler = self._autoscalers.get(program.name)
        if autoscaler is None:
            return
        if program.probe is None:
            await asyncio.sleep(_SETTLED_SECONDS)
        elif program.replicas:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                    await self._until_ready(program)
        self.put(autoscaler)

    async def _report_ready(self, program: Program) -> None:
        if program.replicas == 0:
            return
        name = f"{program.name}-1"
        try:
            async with asyncio.timeout(_READY_TIMEOUT_SECONDS if self.give_up_after else None):
                await self._until_ready(program)
        except TimeoutError:
            reason = await self.workloads.unready_reason(program, 1)
            why = f"is not ready after {_READY_TIMEOUT_SECONDS:g} s: {reason}"
            raise NotReady(name, why) from None
        self.terminal.show(name, "ready" if program.probe else "started")

    async def _until_ready(self, program: Program) -> None:
        replicas = self.workloads.group(program.name).replicas
        while not any(map(self.workloads.is_ready, replicas.values())):
            first = replicas.get(1)
            if self.give_up_after and first and first.ends >= self.give_up_after:
                raise NotReady(first.name, f"ended {first.ends} times before it was ready")
            await asyncio.sleep(_POLL_SECONDS)
