"""Asks the queues of objects for messages before their last replicas are removed."""

import logging
from collections.abc import Callable

from mare.background import Tasks
from mare.custom_resource.autoscaler import Autoscaler
from mare.domain.evidence import MESSAGES_LEFT, QUEUE_CHANGED, QuietAnswer
from mare.domain.unknown import Unknown
from mare.loop.state import AutoscalerState
from mare.ports import Brokers, Clock
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import QUIET_CHECKS, TenantScheduler

_TOO_SLOW = Unknown("StatisticsUnreachable", "the management API does not answer in time")
_EXPECTED = {MESSAGES_LEFT, QUEUE_CHANGED}
_log = logging.getLogger(__name__)


class QuietChecks:
    """Stores each answer in the state of its object, for the next decision."""

    def __init__(
        self,
        brokers: Brokers,
        clock: Clock,
        scheduler: TenantScheduler,
        on_answer: Callable[[AutoscalerState], None],
    ) -> None:
        """`on_answer` decides again at once: a message can arrive at any moment."""
        self._on_answer = on_answer
        self._brokers = brokers
        self._clock = clock
        self._scheduler = scheduler
        self._tasks = Tasks()

    def start(self, state: AutoscalerState) -> None:
        """Ask the queues of an object, unless that is under way."""
        if not state.asking_queues:
            state.asking_queues = True
            self._tasks.start(self._ask(state))

    async def _ask(self, state: AutoscalerState) -> None:
        autoscaler, before = state.autoscaler, state.quiet_answer
        try:
            answer = await self.check(autoscaler)
        finally:
            state.asking_queues = False
        if state.autoscaler is not autoscaler:
            return
        state.quiet_answer, why = answer, answer.why
        is_expected = why is None or why.reason in _EXPECTED
        if not is_expected and (before is None or before.why != why):
            extra = {"object": autoscaler.key, "error": why and why.cause}
            _log.warning("Queues could not be asked for messages", extra=extra)
        self._on_answer(state)

    async def check(self, autoscaler: Autoscaler) -> QuietAnswer:
        """Ask the queues of an object; a failure is an answer that does not confirm."""
        asked_at = self._clock()
        try:
            async with self._scheduler.turn(QUIET_CHECKS, autoscaler.key.namespace):
                asked_at = self._clock()
                why = await self._brokers.check_quiet(autoscaler)
        except OverBudget as error:
            why = error.why
        except TimeoutError:
            why = _TOO_SLOW
        except Exception as error:  # noqa: BLE001 - the object reports it and keeps its replicas
            # Without the error's text, which may contain an address with a password.
            why = Unknown("NotUnderstood", f"asking the queues fails ({type(error).__name__})")
        return QuietAnswer(asked_at, self._clock(), why)

    async def close(self) -> None:
        await self._tasks.cancel()
