"""Carries decisions out and writes them down: bounded at a time, one at a time for an object.

Changes do not wait for what is written: a new leader has a status to write for every object.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace

from mare.custom_resource.conditions import Condition
from mare.custom_resource.status import status_of, without_absent
from mare.domain.decision import Decision
from mare.domain.unknown import Unknown
from mare.loop.metrics import Metrics
from mare.loop.record import Record, View
from mare.loop.state import AutoscalerState
from mare.loop.victims import Victims
from mare.ports import (
    AccessRefused,
    Clock,
    Conflict,
    InvalidName,
    NotFound,
    Objects,
    Scale,
    Unavailable,
    Workloads,
)

_MOST_AT_A_TIME = 16
"""Of changes, and of writes."""
_LONGEST_PAUSE = 30.0
_log = logging.getLogger(__name__)


class ScaleWriter:
    def __init__(
        self,
        workloads: Workloads,
        objects: Objects,
        clock: Clock,
        metrics: Metrics,
        record: Record,
    ) -> None:
        self._workloads = workloads
        self._objects = objects
        self._clock = clock
        self._measures = metrics
        self._record = record
        self._victims = Victims(workloads, clock)
        self._changes = asyncio.Semaphore(_MOST_AT_A_TIME)
        self._writes = asyncio.Semaphore(_MOST_AT_A_TIME)
        self._paused_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_paused(self) -> bool:
        """Whether the API server has asked for time: what is decided now would be old by then."""
        return self._clock() < self._paused_until

    def _obey(self, error: Exception) -> float | None:
        """The seconds that the API server asks for; all objects wait for as long, within bounds."""
        wait = error.retry_after if isinstance(error, Unavailable) else None
        if wait is not None:
            until = self._clock() + min(wait, _LONGEST_PAUSE)
            self._paused_until = max(self._paused_until, until)
        return wait

    def carry_out(
        self, kept: AutoscalerState, look: View, scale: Scale, decision: Decision
    ) -> None:
        kept.acting = True
        self._start(self._scale(kept, look, scale, decision))

    def write_down(self, kept: AutoscalerState, look: View) -> None:
        kept.writing = True
        self._start(self._write(kept, look))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _scale(
        self, kept: AutoscalerState, look: View, scale: Scale, decision: Decision
    ) -> None:
        try:
            async with self._changes:
                if self.is_paused:
                    return
                if not await self._victims.chosen(kept, look.reading, scale, decision):
                    return
                await self._workloads.scale(kept.autoscaler.target, scale, decision.replicas)
        except Conflict:
            await self._look_again(kept)
        except (NotFound, AccessRefused, Unavailable) as error:
            await self._fail(kept, error)
        except Exception:  # noqa: BLE001 - one object's surprise is nobody else's
            _log.exception("Workload could not be scaled", extra={"object": kept.autoscaler.key})
            kept.retry.failed(self._clock())
        else:
            await self._succeed(kept, look, decision)
        finally:
            kept.acting = False

    async def _look_again(self, kept: AutoscalerState) -> None:
        self._measures.conflicts.inc()
        try:
            await self._workloads.refresh(kept.autoscaler.target)
        except (NotFound, AccessRefused, Unavailable, Conflict) as error:
            await self._fail(kept, error)
        kept.due = 0.0

    async def _fail(self, kept: AutoscalerState, error: Exception) -> None:
        reason = {
            NotFound: "WorkloadNotFound",
            AccessRefused: "Forbidden",
            InvalidName: "InvalidName",
        }
        problem = Unknown(reason.get(type(error), "Unavailable"), str(error)[:512])
        now = self._clock()
        kept.problem = problem
        self._record.failed(now, kept.autoscaler.key, problem.reason, problem.cause)
        kept.retry.failed(now, self._obey(error))
        _log.warning(
            "Workload could not be scaled",
            extra={"object": kept.autoscaler.key, "error": str(error)[:512]},
        )

    async def _succeed(self, kept: AutoscalerState, look: View, decision: Decision) -> None:
        now = self._clock()
        kept.retry.succeeded()
        kept.problem = None
        policy = kept.autoscaler.policy
        change = decision.replicas - decision.current
        if kept.history is not None:
            kept.history = kept.history.scaled(change, now, policy.behavior)
        self._measures.scaled(look.at, now, up=change > 0)
        _log.info(
            "Scaled workload",
            extra={
                "object": kept.autoscaler.key,
                "from": decision.current,
                "to": decision.replicas,
                "reason": decision.reason,
            },
        )
        new = self._workloads.get(kept.autoscaler.target)
        kept.look = kept.carried_out = replace(look, scale=new)
        await self._write(kept, kept.look)
        await self._tell(kept, "Normal", decision.reason, decision.message)

    async def _write(self, kept: AutoscalerState, look: View) -> None:
        """Write a look down, or else the one before it whose change could not be written yet."""
        kept.writing = True
        done, look = kept.carried_out, kept.carried_out or look
        try:
            async with self._writes:  # first: a thousand statuses that wait for it take 15 MB
                if self.is_paused:
                    return
                before = kept.status
                status = status_of(
                    kept.autoscaler,
                    before,
                    scale=look.scale,
                    reading=look.reading,
                    rates=kept.rates,
                    decision=look.decision,
                    history=kept.history,
                    conditions=look.conditions,
                    scaled=done is not None,
                    now=self._clock(),
                )
                await self._objects.write_status(kept.autoscaler.key, status)
        except (NotFound, AccessRefused, Unavailable, Conflict) as error:
            now = self._clock()
            kept.status_retry.failed(now, self._obey(error))
            self._record.failed(now, kept.autoscaler.key, "StatusNotWritten", str(error)[:512])
            _log.warning(
                "Status could not be written",
                extra={"object": kept.autoscaler.key, "error": str(error)[:512]},
            )
        except Exception:  # noqa: BLE001 - one object's surprise is nobody else's
            _log.exception("Status could not be written", extra={"object": kept.autoscaler.key})
            kept.status_retry.failed(self._clock())
        else:
            kept.status_retry.succeeded()
            kept.carried_out = None if kept.carried_out is done else kept.carried_out
            kept.wrote(without_absent({**before, **status}), look, self._clock())
            await self._tell_of_conditions(kept, before.get("conditions", ()), look.conditions)
        finally:
            kept.writing = False

    async def _tell_of_conditions(
        self, kept: AutoscalerState, before: "list[dict[str, str]]", after: tuple[Condition, ...]
    ) -> None:
        """A Warning for what got worse, so that `kubectl describe` shows when."""
        old = {each["type"]: (each["status"], each["reason"]) for each in before}
        for each in after:
            if each.is_bad and old.get(each.type) != (each.status, each.reason):
                await self._tell(kept, "Warning", each.reason, each.message)

    async def _tell(self, kept: AutoscalerState, kind: str, reason: str, message: str) -> None:
        try:
            async with self._writes:
                await self._objects.publish_event(kept.autoscaler, kind, reason, message)
        except (NotFound, AccessRefused, Unavailable, Conflict) as error:
            self._obey(error)
            _log.warning("Event was lost", extra={"error": str(error)[:512]})

    async def close(self) -> None:
        """Let what is on its way come to an end; its requests have time-outs of their own."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        for task in self._tasks:
            task.cancel()
