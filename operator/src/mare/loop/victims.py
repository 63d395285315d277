"""Which Pods a scale-down deletes: idle ones first, or only idle ones."""

import logging
from collections.abc import Callable, Mapping

from mare.domain.decision import Decision
from mare.domain.evidence import Marking
from mare.domain.idle_replicas import count_idle
from mare.domain.unknown import Unknown, known
from mare.loop.state import AutoscalerState
from mare.ports import AccessRefused, ApiError, BrokerReading, Clock, Removal, Scale, Workloads

_log = logging.getLogger(__name__)

_MARKING_DISABLED = Unknown("MarkingDisabled", "the operator may not mark Pods (rbac.markPods)")


class Victims:
    def __init__(self, workloads: Workloads, clock: Clock) -> None:
        self._workloads = workloads
        self._clock = clock

    async def mark(
        self,
        state: AutoscalerState,
        scale: Scale,
        reading: BrokerReading,
        decision: Decision,
        is_allowed: Callable[[], bool],
    ) -> bool:
        """Mark the Pods that the scale-down of a decision deletes, as long as `is_allowed`.

        Returns whether the scale-down may follow. The next decision sees why marking failed.
        """
        wants = decision.marking is not Marking.NONE and scale.has_marks
        if not wants or isinstance(reading.busy, Unknown) or not reading.busy:
            return True
        count = scale.replicas - decision.replicas
        removal = Removal(costs=costs(state, reading), count=count)
        problem = await self._try(state, scale, removal, is_allowed)
        if problem is None:
            state.marking_attempts.succeeded()
            return True
        state.marking_attempts.failed(self._clock(), problem)
        _log.warning(
            "Idle Pods could not be marked for deletion",
            extra={"object": state.autoscaler.key, "error": problem.cause},
        )
        return decision.marking is not Marking.REQUIRED

    async def _try(
        self,
        state: AutoscalerState,
        scale: Scale,
        removal: Removal,
        is_allowed: Callable[[], bool],
    ) -> Unknown | None:
        """Mark them; return why that failed, None after a success."""
        target = state.autoscaler.target
        try:
            if await self._workloads.mark_victims(target, scale, removal, is_allowed):
                return None
        except AccessRefused as error:
            return Unknown("Forbidden", str(error)[:512])
        except ApiError as error:
            return Unknown("Unavailable", str(error)[:512])
        return Unknown("ConsumersHidden", "no Pod has the address of a consumer")


def observe_idle(state: AutoscalerState, reading: BrokerReading) -> None:
    """Keep since when each replica is idle by the newest statistics, if they are known."""
    if not isinstance(reading.busy, Unknown) and not isinstance(reading.busy_at, Unknown):
        state.idle_replicas = state.idle_replicas.observe(reading.busy_at, reading.held)


def costs(state: AutoscalerState, reading: BrokerReading) -> Mapping[str, float]:
    """Return by address a cost of removal: above 0 for busy replicas, below 0 for idle ones.

    A replica is busy if it has a message in the newest sample; where one consumer of a queue gets
    all messages, in one of two samples. That one became idle last, and gets the next message.
    """
    queues = () if isinstance(reading.queues, Unknown) else reading.queues
    in_turn = not any(each.single_active for each in queues)
    held = reading.held if in_turn else known(reading.busy, {})
    return state.idle_replicas.costs(held, in_turn=in_turn)


def unchosen(state: AutoscalerState, scale: Scale) -> Unknown | None:
    """Return why a scale-down cannot be steered to idle Pods; None if it can."""
    if scale.ignores_deletion_cost:
        kind = state.autoscaler.target.kind
        text = f"the controller of a {kind} chooses the replicas to remove, busy or not"
        return Unknown("ChoosesItself", text, kind)
    return unmarkable(state, scale)


def unmarkable(state: AutoscalerState, scale: Scale) -> Unknown | None:
    """Return why no Pod can be marked where a mark would decide; None if one can, or if none would.

    The setting is known before the first scale-down, a failed attempt after it.
    """
    if scale.ignores_deletion_cost:
        return None
    return state.marking_attempts.problem if scale.may_mark else _MARKING_DISABLED


def count_idle_replicas(
    state: AutoscalerState, scale: Scale, busy: Mapping[str, int] | Unknown, now: float
) -> int | Unknown:
    """Return the number of replicas that are known to be idle, unknown where none is chosen."""
    why = unchosen(state, scale)
    if why is not None and (not scale.has_marks or now < state.marking_attempts.due):
        return why
    return busy if isinstance(busy, Unknown) else count_idle(busy, scale.replicas)
