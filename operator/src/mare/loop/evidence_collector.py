"""Collects what can stop a change of one object, before the decision."""

from mare.custom_resource.autoscaler import Autoscaler
from mare.domain.evidence import Evidence, FailedAttempt
from mare.domain.unknown import Unknown
from mare.loop.operator_claim import Standing
from mare.loop.state import AutoscalerState
from mare.loop.target_owners import TargetOwners
from mare.loop.write_guard import WriteGuard
from mare.ports import ConflictingAutoscalers

_PAUSED = Unknown("Unavailable", "the API server asks its clients to wait")


class EvidenceCollector:
    def __init__(
        self, conflicts: ConflictingAutoscalers, owners: TargetOwners, guard: WriteGuard
    ) -> None:
        self._conflicts = conflicts
        self._owners = owners
        self._guard = guard

    def collect(self, state: AutoscalerState, standing: Standing) -> Evidence:
        acts = standing is Standing.ACTS
        return Evidence(
            conflict=self._conflict(state.autoscaler) if acts else other_operator(state),
            failure=self._failure(state),
            quiet_answer=state.quiet_answer,
        )

    def _conflict(self, autoscaler: Autoscaler) -> Unknown | None:
        """Return why the workload is left to another autoscaler."""
        other = self._conflicts.find(autoscaler.target) or self._owners.owner(autoscaler)
        if other is None:
            return None
        both = f"{other} scales {autoscaler.target} as well"
        text = f"{both}: nothing is changed until one of them is deleted"
        return Unknown("OtherAutoscaler", text, other)

    def _failure(self, state: AutoscalerState) -> FailedAttempt | None:
        """Return the last attempt, if it failed, or the pause that the API server asked for."""
        attempts = state.scale_attempts
        if attempts.problem is None and not self._guard.is_paused:
            return None
        next_at = max(state.next_change_at, self._guard.paused_until)
        return FailedAttempt(attempts.problem or _PAUSED, next_at, attempts.problem is None)


def other_operator(state: AutoscalerState) -> Unknown:
    name = state.claim.other
    text = f"operator {name} acts on this object, operator {state.claim.own} leaves it alone"
    return Unknown("OtherOperator", text, name)
