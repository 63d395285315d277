"""What the loop knows of one object."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mare.backoff import RetryTimer
from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.conditions import unknown_of
from mare.custom_resource.status import read_estimates
from mare.domain.estimates import Estimates
from mare.domain.history import History
from mare.domain.unknown import Unknown
from mare.loop.operator_claim import OperatorClaim
from mare.loop.rates import QueueRates
from mare.loop.record import View
from mare.ports import BrokerReading, Scale

_SETTLING_SECONDS = 10.0
"""Minimum time between two status writes while generation and replicas stay the same.

A first urgent change of a condition does not wait for it.
"""
_ESTIMATE_CHANGE = 0.3
"""Relative change of the capacity estimate that is worth a status write."""
_ESTIMATE_SECONDS = 300.0
_new_timer = partial(RetryTimer, first=0.5, longest=15.0)


@dataclass(slots=True)
class AutoscalerState:
    autoscaler: Autoscaler
    """Replaced when the generation changes, so that identity shows whether a view is current."""
    number: int
    """Position among all objects, which spreads their reads over time."""
    claim: OperatorClaim
    version: str = ""
    """The newest resourceVersion that is known."""
    due: float = 0.0
    read_times: tuple[float, float] = (0.0, 0.0)
    """When the last read of the broker began and ended."""
    original_replicas: int | None = None
    """Replicas of the workload before the object scaled it; None if it has never done so."""
    history: History | None = None
    estimates: Estimates | None = None
    view: View | None = None
    """The last reading and what was decided on it."""
    applied: View | None = None
    """The view whose change was applied, until the status contains it."""
    problem: Unknown | None = None
    """Why the last change could not be applied."""
    marking_problem: Unknown | None = None
    """Why Pods could not be marked as idle, when it was last tried."""
    scaling: bool = False
    writing: bool = False
    removed: bool = False
    quiet_check_due: float = 0.0
    """When the queues may be checked again for messages."""
    scale_retry: RetryTimer = field(default_factory=_new_timer)
    status_retry: RetryTimer = field(default_factory=_new_timer)
    marking_retry: RetryTimer = field(default_factory=_new_timer)
    rates: QueueRates = field(default_factory=QueueRates)
    unpublished: set[str] = field(default_factory=set)
    """Types of bad conditions in the status whose Event is not published yet."""
    _silent_since: float | None = None
    _status_json: str = "{}"
    """The status as text: for 1,000 objects 5 MB, where dicts take 16 MB."""
    _written_capacity: float | None = None
    _written: tuple[int, int, int] | None = None
    """The fingerprint of the view that the status shows."""
    _written_at: float = 0.0
    _urgent_at: float = float("-inf")
    """When an urgent change of a condition alone was written."""

    @property
    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self._status_json)
        return status

    def adopt_status(self, status: Mapping[str, Any]) -> None:
        """Take a status that another replica has written."""
        self._set_status(status)
        self._written = None
        self.original_replicas = status.get("originalReplicas")
        if self.history is None:
            self.estimates = read_estimates(status)

    def observe_operator(self, name: str | None) -> None:
        """Take the name of the operator in the status; a wrong one is replaced at once."""
        self.claim.observe(name)
        if self.claim.must_answer:
            self._written = None

    def _set_status(self, status: Mapping[str, Any]) -> None:
        self._status_json = json.dumps(status)
        self._written_capacity = status.get("estimates", {}).get("capacityPerReplica")

    def observe_leaders(self, reading: BrokerReading, now: float) -> float | None:
        """Return since when the leader of a queue does not answer; None if all do."""
        why = unknown_of(reading.queues)
        is_silent = why is not None and why.reason == "LeaderSilent"
        self._silent_since = (self._silent_since or now) if is_silent else None
        return self._silent_since

    @property
    def is_idle(self) -> bool:
        idle = self.autoscaler.spec.effective_idle_replicas
        scale = self.view.scale if self.view else None
        return idle is not None and isinstance(scale, Scale) and scale.replicas <= idle

    def start_term(self) -> None:
        """Keep the learnt estimates only: another leader may have scaled in the meantime."""
        if self.history is not None:
            self.estimates = self.history.learning.estimates
        self.history = None
        self.problem = self.marking_problem = self.applied = None

    def replace_spec(self, autoscaler: Autoscaler) -> None:
        """Take a new generation; what was learnt of another workload is dropped."""
        if self.autoscaler.target != autoscaler.target:
            self.history = self.estimates = self.original_replicas = None
        self.autoscaler = autoscaler
        self.problem = None
        self.due = 0.0

    def needs_status_write(self, now: float) -> bool:
        if self.view is None or not self.may_write_status(now):
            return False
        at_once, urgent, settled = _fingerprint(self.view)
        if self._written is None or at_once != self._written[0]:
            return True
        if urgent != self._written[1] and now - self._urgent_at >= _SETTLING_SECONDS:
            return True
        if now - self._written_at < _SETTLING_SECONDS:
            return False
        return settled != self._written[2] or bool(self.unpublished) or self._has_learnt(now)

    def may_write_status(self, now: float) -> bool:
        return not self.writing and now >= self.status_retry.due

    def _has_learnt(self, now: float) -> bool:
        if self.history is None or now - self._written_at < _ESTIMATE_SECONDS:
            return False
        new, old = self.history.learning.estimates.capacity_per_replica, self._written_capacity
        if isinstance(new, Unknown):
            return False
        return old is None or abs(new / old - 1) > _ESTIMATE_CHANGE

    def status_written(
        self, status: Mapping[str, Any], version: str, view: View, now: float
    ) -> None:
        self._set_status(status)
        self.version = version
        self.claim.written(now)
        before, self._written, self._written_at = self._written, _fingerprint(view), now
        if before and before[0] == self._written[0] and before[1] != self._written[1]:
            self._urgent_at = now


def _fingerprint(view: View) -> tuple[int, int, int]:
    """Hash what is written at once, what is while it changes rarely, and what is once it settles.

    The desired count is in the last: it moves with every message, and a change of the workload
    writes the status anyway.
    """
    decision = view.decision
    scale = view.scale if isinstance(view.scale, Scale) else None
    at_once = (view.autoscaler.generation, scale and scale.replicas)
    urgent = tuple((e.type, e.status, e.reason) for e in view.conditions if e.is_urgent)
    settled = (
        (decision.replicas, decision.reason) if decision else None,
        scale and scale.ready,
        tuple(each.state for each in view.conditions),
    )
    return hash(at_once), hash(urgent), hash(settled)
