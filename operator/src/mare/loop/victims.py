"""Which replicas go when a workload shrinks: idle ones first, or alone."""

import logging
from collections.abc import Mapping

from mare.domain.decision import Decision
from mare.domain.policy import VictimPolicy
from mare.domain.unknown import Unknown
from mare.loop.state import AutoscalerState
from mare.ports import (
    AccessRefused,
    BrokerReading,
    Clock,
    Conflict,
    NotFound,
    Scale,
    Unavailable,
    Workloads,
)

_log = logging.getLogger(__name__)


class Victims:
    def __init__(self, workloads: Workloads, clock: Clock) -> None:
        self._workloads = workloads
        self._clock = clock

    async def chosen(
        self, kept: AutoscalerState, reading: BrokerReading, scale: Scale, decision: Decision
    ) -> bool:
        """Have idle replicas go first; false if busy ones would go that may still finish."""
        busy = reading.busy
        if not _matters(kept, scale, decision) or isinstance(busy, Unknown) or not busy:
            return True
        kept.unmarked = await self._mark(kept, scale, busy)
        if kept.unmarked is None:
            kept.marking_retry.succeeded()
            return True
        kept.marking_retry.failed(self._clock())
        _log.warning(
            "Idle replicas could not be made to go first",
            extra={"object": kept.autoscaler.key, "error": kept.unmarked.cause},
        )
        return not self._busy_may_finish(kept)

    async def _mark(
        self, kept: AutoscalerState, scale: Scale, busy: Mapping[str, int]
    ) -> Unknown | None:
        """Why it was not possible, if so."""
        try:
            if await self._workloads.set_deletion_costs(kept.autoscaler.target, scale, busy):
                return None
        except AccessRefused as error:
            return Unknown("Forbidden", str(error)[:512])
        except (NotFound, Unavailable, Conflict) as error:
            return Unknown("Unavailable", str(error)[:512])
        return Unknown("ConsumersHidden", "no replica has the address of a consumer")

    def _busy_may_finish(self, kept: AutoscalerState) -> bool:
        policy, history = kept.autoscaler.policy, kept.history
        since = history.shrinking_since if history else None
        if since is None or policy.victim_policy is not VictimPolicy.IDLE_ONLY:
            return False
        return self._clock() < since + policy.max_drain_wait_seconds


def _matters(kept: AutoscalerState, scale: Scale, decision: Decision) -> bool:
    """Whether some replicas go and others stay, and somebody can choose."""
    some = 0 < decision.replicas < decision.current
    default = kept.autoscaler.policy.victim_policy is VictimPolicy.DEFAULT
    return some and not default and not scale.ignores_deletion_cost


def unchosen(kept: AutoscalerState, scale: Scale) -> Unknown | None:
    """Why it cannot be arranged that idle replicas go first, if so."""
    if scale.ignores_deletion_cost:
        text = f"a {kept.autoscaler.target.kind} itself chooses which replicas go, busy or not"
        return Unknown("ChoosesItself", text, kept.autoscaler.target.kind)
    return kept.unmarked


def idle_replicas(
    kept: AutoscalerState, scale: Scale, busy: Mapping[str, int] | Unknown, now: float
) -> int | Unknown:
    """Those that can be made to go, by the addresses of consumers with their messages.

    The address of a replica that has just gone is still told of for two statistics, as idle: all
    that are not busy are no more than the replicas that are left.
    """
    why = unchosen(kept, scale)
    if why is not None and (scale.ignores_deletion_cost or now < kept.marking_retry.at):
        return why
    if isinstance(busy, Unknown):
        return busy
    at_work = sum(1 for count in busy.values() if count > 0)
    return min(len(busy) - at_work, max(0, scale.replicas - at_work))
