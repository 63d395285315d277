"""Reports replicas that were killed, because they still ran at the end of their grace period."""

import asyncio
import logging
from contextlib import suppress

from mare.background import Tasks
from mare.backoff import Backoff
from mare.custom_resource.autoscaler import ScaleTarget
from mare.loop.metrics import Metrics
from mare.loop.recent_entries import RecentEntries
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.ports import (
    ApiError,
    Conflict,
    OnKilled,
    Scale,
    Unavailable,
    Workloads,
)
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import KILL_CHECKS, TenantScheduler

_REPORT_SECONDS = 300.0
"""After the grace period: the waits for a place, a list, and 30 s of a watch."""
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.4, 5.0
_MAX_REPORTED = 1_000
_log = logging.getLogger(__name__)


class KilledReplicas:
    """Watches the replicas after each scale-down, from the end of their grace period on."""

    def __init__(
        self,
        workloads: Workloads,
        statuses: StatusWriter,
        metrics: Metrics,
        scheduler: TenantScheduler,
    ) -> None:
        self._workloads = workloads
        self._statuses = statuses
        self._metrics = metrics
        self._scheduler = scheduler
        self._checks = Tasks()
        self._reported = RecentEntries(_MAX_REPORTED)
        """UIDs. Checks of scale-downs that follow each other find the same replicas."""

    def check_later(self, state: AutoscalerState, before: Scale, replicas: int) -> None:
        """Start a check of the replicas that end now, all but `replicas` of them."""
        if before.grace_seconds is not None:
            self._checks.start(self._check(state, before, replicas, before.grace_seconds))

    async def _check(
        self, state: AutoscalerState, before: Scale, replicas: int, grace_seconds: int
    ) -> None:
        with suppress(OverBudget):
            async with self._scheduler.turn(KILL_CHECKS, state.autoscaler.key.namespace):
                await asyncio.sleep(grace_seconds)
                await self._report(state, before, replicas, grace_seconds)

    async def _report(
        self, state: AutoscalerState, before: Scale, replicas: int, grace_seconds: int
    ) -> None:
        killed: dict[str, str] = {}
        with suppress(TimeoutError, ApiError):  # without the right to watch Pods, none is reported
            async with asyncio.timeout(_REPORT_SECONDS):
                await self._watch(state.autoscaler.target, before, replicas, killed.__setitem__)
        namespace = state.autoscaler.key.namespace
        uids = [uid for uid in killed if not self._reported.has(namespace, uid)]
        if not uids or state.removed:
            return
        for uid in uids:
            self._reported.add(namespace, uid)
        new = sorted(killed[uid] for uid in uids)
        self._metrics.killed.inc(len(new))
        _log.warning(
            "Replicas were killed", extra={"object": state.autoscaler.key, "replicas": new}
        )
        await self._statuses.publish_event(
            state, "Warning", "ReplicasKilled", _sentence(new, grace_seconds)
        )

    async def _watch(
        self, target: ScaleTarget, before: Scale, replicas: int, on_killed: OnKilled
    ) -> None:
        backoff = Backoff(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        while True:
            try:
                return await self._workloads.watch_killed(target, before, replicas, on_killed)
            except (Conflict, Unavailable):  # the API server or the namespace is busy
                await asyncio.sleep(backoff.next_delay())

    async def close(self) -> None:
        await self._checks.cancel()


def _sentence(names: list[str], grace_seconds: int) -> str:
    more = f" and {len(names) - 3} others" if len(names) > 3 else ""  # noqa: PLR2004
    return (
        f"Killed, because they still ran {grace_seconds} s after SIGTERM:"
        f" {', '.join(names[:3])}{more}. RabbitMQ delivers their unacknowledged messages again;"
        " raise terminationGracePeriodSeconds"
    )
