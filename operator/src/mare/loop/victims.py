"""Which Pods a scale-down deletes: idle ones first, or only idle ones."""

import logging
from collections.abc import Callable, Mapping

from mare.domain.decision import Decision
from mare.domain.spec import VictimPolicy
from mare.domain.unknown import Unknown
from mare.loop.state import AutoscalerState
from mare.ports import AccessRefused, ApiError, BrokerReading, Clock, Scale, Workloads

_log = logging.getLogger(__name__)


class Victims:
    def __init__(self, workloads: Workloads, clock: Clock) -> None:
        self._workloads = workloads
        self._clock = clock

    async def may_scale_down(
        self,
        state: AutoscalerState,
        reading: BrokerReading,
        scale: Scale,
        decision: Decision,
        is_allowed: Callable[[], bool],
    ) -> bool:
        """Mark Pods so that idle ones are deleted first, as long as `is_allowed`.

        Returns whether the scale-down may be sent. It may not if marking failed and it could delete
        busy Pods that the decision still waits for.
        """
        busy = reading.busy
        if not _matters(state, scale, decision) or isinstance(busy, Unknown) or not busy:
            return True
        state.marking_problem = await self._mark(state, scale, busy, is_allowed)
        if state.marking_problem is None:
            state.marking_retry.succeeded()
            return True
        state.marking_retry.failed(self._clock())
        _log.warning(
            "Idle Pods could not be marked for deletion",
            extra={"object": state.autoscaler.key, "error": state.marking_problem.cause},
        )
        return not self._busy_may_finish(state)

    async def _mark(
        self,
        state: AutoscalerState,
        scale: Scale,
        busy: Mapping[str, int],
        is_allowed: Callable[[], bool],
    ) -> Unknown | None:
        """Set the deletion costs; return why that failed, None after a success."""
        target = state.autoscaler.target
        try:
            if await self._workloads.set_deletion_costs(target, scale, busy, is_allowed):
                return None
        except AccessRefused as error:
            return Unknown("Forbidden", str(error)[:512])
        except ApiError as error:
            return Unknown("Unavailable", str(error)[:512])
        return Unknown("ConsumersHidden", "no Pod has the address of a consumer")

    def _busy_may_finish(self, state: AutoscalerState) -> bool:
        since = state.history.draining_since if state.history else None
        seconds = state.autoscaler.spec.max_drain_wait_seconds
        return since is not None and self._clock() < since + seconds


def _matters(state: AutoscalerState, scale: Scale, decision: Decision) -> bool:
    """Return whether some Pods stay and the deletion cost decides which."""
    some_stay = 0 < decision.replicas < decision.current
    default = state.autoscaler.spec.victim_policy is VictimPolicy.DEFAULT
    return some_stay and not default and not scale.ignores_deletion_cost


def unchosen(state: AutoscalerState, scale: Scale) -> Unknown | None:
    """Return why a scale-down cannot be steered to idle Pods; None if it can."""
    if scale.ignores_deletion_cost:
        kind = state.autoscaler.target.kind
        text = f"the controller of a {kind} chooses the replicas to remove, busy or not"
        return Unknown("ChoosesItself", text, kind)
    return state.marking_problem


def count_idle_replicas(
    state: AutoscalerState, scale: Scale, busy: Mapping[str, int] | Unknown, now: float
) -> int | Unknown:
    """Return the number of replicas that are known to be idle.

    Statistics list a removed replica as idle for two more readings. So the result is at most the
    number of existing replicas minus the busy ones.
    """
    why = unchosen(state, scale)
    if why is not None and (scale.ignores_deletion_cost or now < state.marking_retry.due):
        return why
    if isinstance(busy, Unknown):
        return busy
    busy_count = sum(1 for count in busy.values() if count > 0)
    return min(len(busy) - busy_count, max(0, scale.replicas - busy_count))
