"""Reports replicas that were killed, because they still ran at the end of their grace period."""

import asyncio
import logging
from collections import deque
from contextlib import suppress

from mare.background import Tasks
from mare.loop.metrics import Metrics
from mare.loop.state import AutoscalerState
from mare.loop.status_writer import StatusWriter
from mare.ports import AccessRefused, Conflict, NotFound, Scale, Unavailable, Workloads

_POLL_SECONDS = 0.4
"""A kubelet deletes a Pod 0.9 s after it has reported that a container was killed."""
_POLLS = 75
"""For 30 s at most: the kubelet of a busy node sends SIGTERM, and so SIGKILL, seconds later."""
_MAX_CHECKS = 1_000
_MAX_REPORTED = 1_000
_log = logging.getLogger(__name__)


class KilledReplicas:
    """Reads the terminating replicas after each scale-down, when the grace period is over."""

    def __init__(self, workloads: Workloads, statuses: StatusWriter, metrics: Metrics) -> None:
        self._workloads = workloads
        self._statuses = statuses
        self._metrics = metrics
        self._checks = Tasks()
        self._reported: deque[str] = deque(maxlen=_MAX_REPORTED)

    def check_later(self, state: AutoscalerState, scale: Scale) -> None:
        """Start a check; `scale` is that of before the scale-down."""
        if scale.grace_seconds is None or len(self._checks.running) >= _MAX_CHECKS:
            return
        self._checks.start(self._check(state, scale, scale.grace_seconds))

    async def _check(self, state: AutoscalerState, scale: Scale, grace_seconds: int) -> None:
        await asyncio.sleep(grace_seconds)
        killed: set[str] = set()
        for _ in range(_POLLS):
            with suppress(Conflict, Unavailable):  # the API server is busy
                try:
                    terminating = await self._workloads.terminating(state.autoscaler.target, scale)
                except (AccessRefused, NotFound):
                    break  # without the right to list Pods this is not known
                killed.update(name for name, was_killed in terminating.items() if was_killed)
                if all(terminating.values()):
                    break
            await asyncio.sleep(_POLL_SECONDS)
        new = sorted(killed.difference(self._reported))
        if not new or state.removed:
            return
        self._reported += new
        self._metrics.killed.inc(len(new))
        _log.warning(
            "Replicas were killed", extra={"object": state.autoscaler.key, "replicas": new}
        )
        await self._statuses.publish_event(
            state, "Warning", "ReplicasKilled", _sentence(new, grace_seconds)
        )

    async def close(self) -> None:
        await self._checks.cancel()


def _sentence(names: list[str], grace_seconds: int) -> str:
    more = f" and {len(names) - 3} others" if len(names) > 3 else ""  # noqa: PLR2004
    return (
        f"Killed, because they still ran {grace_seconds} s after SIGTERM:"
        f" {', '.join(names[:3])}{more}. RabbitMQ delivers their unacknowledged messages again;"
        " raise terminationGracePeriodSeconds"
    )
