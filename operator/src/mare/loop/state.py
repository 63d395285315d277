"""What the loop knows of one object. Outside of this module each field has one writer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.status import read_estimates, read_surges
from mare.custom_resource.stored_timers import MAX_ORIGINAL, past_of, read_original, read_timers
from mare.domain.decide_jobs import JobHistory
from mare.domain.estimates import Estimates
from mare.domain.evidence import QuietAnswer
from mare.domain.history import History
from mare.domain.idle_replicas import IdleReplicas
from mare.domain.other_consumers import OtherConsumers
from mare.domain.surges import Surge
from mare.domain.unknown import Unknown
from mare.loop.attempts import OBJECT_CHANGED, Attempts
from mare.loop.operator_claim import OperatorClaim
from mare.loop.pace import Rank
from mare.loop.rates import QueueRates
from mare.loop.record import View
from mare.loop.stored_status import StoredStatus
from mare.ports import BrokerReading, Scale

_OUTAGE_SECONDS = 10.0
"""An election of a leader takes less."""


@dataclass(slots=True)
class AutoscalerState:
    autoscaler: Autoscaler
    """Replaced when the generation changes, so that identity shows whether a view is current."""
    number: int
    """Position among all objects, which spreads their reads over time."""
    claim: OperatorClaim
    stored: StoredStatus = field(default_factory=StoredStatus)
    removed: bool = False
    """Whether the object is gone, or scales another workload with another state."""
    due: float = 0.0
    """When the object is read again; 0 for at once."""
    original_replicas: int | None = None
    """Replicas of the workload before the first change by the object; None before that."""
    may_have_scaled: bool = False
    """Whether a change was applied, or not answered, or another replica may have sent one."""
    unanswered: tuple[int, int] | None = None
    """The counts before and after a change whose answer was lost. Written by the scale writer, and
    by the restorer."""
    history: History | None = None
    """Written by the reconciler."""
    job_history: JobHistory | None = None
    """Written by the reconciler, of an object that creates Jobs."""
    jobs_deleted_at: float = 0.0
    """Until when no more finished Jobs are deleted. Written by `FinishedJobs`."""
    estimates: Estimates | None = None
    """The estimates with which the history begins."""
    surges: tuple[Surge, ...] = ()
    """The surges with which the history begins."""
    rates: QueueRates = field(default_factory=QueueRates)
    view: View | None = None
    """The last reading and what was decided on it."""
    unreadable_since: float | None = None
    """Since when no queue can be read. Written by the reconciler."""
    silent_since: float | None = None
    """Since when the leader of a queue does not answer. Written by the reconciler."""
    other_consumers: OtherConsumers = field(default_factory=OtherConsumers)
    """Written by the reconciler."""
    unready_cause: str | None = None
    """Why replicas are not ready. Written by `UnreadyCauses`, as is when it is read again."""
    unready_cause_due: float = 0.0
    undecided: Unknown | None = None
    """Why the last reconciliation made no decision. Written by the reconciler."""
    applied: View | None = None
    """The view whose change was applied, until the status contains it."""
    scaling_since: float | None = None
    """Since when a change is under way. Written by the scale writer, as are the attempts."""
    scale_attempts: Attempts = field(default_factory=Attempts)
    unsent_since: float | None = None
    """Since when a change is not sent, for want of a status or of a turn."""
    others_have_learnt: bool = False
    """Whether another replica has written a status since this one led."""
    marking_attempts: Attempts = field(default_factory=Attempts)
    """Attempts to mark idle Pods."""
    idle_replicas: IdleReplicas = field(default_factory=IdleReplicas)
    """Written by `decide_on`."""
    asking_queues: bool = False
    """Whether the queues are being asked for messages. Written by the quiet checks."""
    quiet_answer: QuietAnswer | None = None

    def adopt_status(
        self, status: Mapping[str, Any], offset: float, *, is_of_others: bool = True
    ) -> None:
        """Take a status that another replica has written, or this one.

        `offset` is the time of the system clock less the time of the operator's clock.
        """
        self.stored.adopt(status)
        past = past_of(status, self.autoscaler.target)
        self.original_replicas = read_original(past)
        self.may_have_scaled = self.original_replicas is not None
        self.others_have_learnt |= is_of_others
        self.estimates, self.surges = read_estimates(past), read_surges(past, offset)

    def begin_history(self, replicas: int, now: float, offset: float) -> History:
        """Continue what the status keeps of the leader before."""
        self.others_have_learnt = False
        spec, past = self.autoscaler.spec, past_of(self.stored.status, self.autoscaler.target)
        timers = read_timers(past, offset).at_start(spec, replicas, now)
        return History.begin(now, replicas, self.estimates, self.surges, timers)

    def original_of(self, replicas: int) -> int:
        """Return the original replicas if the workload has `replicas` before a change."""
        known = self.original_replicas if self.may_have_scaled else None
        return min(replicas, MAX_ORIGINAL) if known is None else known

    def counts_are_missing(self, replicas: int) -> bool:
        """Return whether a leader that stops after a change leaves too little to the next one.

        A policy counts the change. If it is not in the status yet, the count before it shows it.
        """
        behavior = self.autoscaler.spec.behavior
        if self.autoscaler.spec.jobs is not None:
            return False  # Jobs have no policies, and are not restored
        has_policies = bool(behavior.scale_up.policies or behavior.scale_down.policies)
        is_original_missing = self.stored.original != self.original_of(replicas)
        return is_original_missing or (has_policies and self.stored.count != replicas)

    def observe_operator(self, name: str | None) -> None:
        """Take the name of the operator in the status; a wrong or missing one is written soon."""
        self.claim.observe(name)
        if self.claim.must_answer or (name is None and self.claim.own):
            self.stored.expire()

    def rank(self, now: float) -> Rank:
        """Return how urgent the next read is."""
        if self.unreadable_since is not None and now - self.unreadable_since > _OUTAGE_SECONDS:
            return Rank.UNREADABLE
        idle = self.autoscaler.spec.effective_idle_replicas
        scale = self.view.scale if self.view else None
        is_idle = idle is not None and isinstance(scale, Scale) and scale.replicas <= idle
        return Rank.IDLE if is_idle else Rank.BUSY

    def rests(self, raw: BrokerReading, scale: Scale | Unknown, now: float) -> bool:
        """Return whether the last decision holds, and nothing else waits for another one."""
        view = self.view
        return (
            view is not None
            and isinstance(scale, Scale)
            and view.autoscaler is self.autoscaler
            and view.history is self.history
            and not self.claim.must_answer
            and view.holds(raw, scale, now, is_idle=self.rank(now) is Rank.IDLE)
        )

    def start_term(self) -> None:
        """Keep what was learnt only: another leader may have scaled in the meantime.

        What that one learnt and wrote is newer.
        """
        if self.history is not None and not self.others_have_learnt:
            self.estimates = self.history.learning.estimates
            self.surges = self.history.tides.surges.past
        self.history = self.applied = self.unanswered = None
        self.job_history = None
        self.scale_attempts, self.marking_attempts = Attempts(), Attempts()
        self.unsent_since = None

    def with_spec(self, autoscaler: Autoscaler) -> "AutoscalerState":
        """Return the state for a new generation: this one, or another one for another workload.

        What was learnt of a workload stays in its state, and so does a change that is under way.
        """
        if self.autoscaler.target != autoscaler.target:
            self.removed = True
            return AutoscalerState(
                autoscaler, self.number, self.claim, stored=self.stored, rates=self.rates
            )
        self.autoscaler = autoscaler
        self.scale_attempts, self.unsent_since = Attempts(), None
        self.due = 0.0
        return self

    @property
    def next_change_at(self) -> float:
        """When the next change is allowed.

        Until the watch brings the object that another client has written, no count is recorded
        before the next write of the status.
        """
        attempts, stored = self.scale_attempts, self.stored
        is_outdated = stored.outdated and attempts.problem == OBJECT_CHANGED
        return max(attempts.due, stored.attempts.due) if is_outdated else attempts.due

    def observe_count(self, replicas: int, now: float) -> None:
        """Record a change that was made although its answer was lost: policies count it."""
        if self.unanswered is not None and self.unanswered[1] == replicas and self.history:
            change, self.unanswered = replicas - self.unanswered[0], None
            behavior, earliest = self.autoscaler.spec.behavior, float("-inf")
            self.history = self.history.record_scaling(change, now, behavior, earliest=earliest)

    def record_applied(self, view: View, change: int, now: float) -> None:
        """Record a change of the replicas that was made."""
        if self.history is not None:
            behavior = view.autoscaler.spec.behavior
            self.history = self.history.record_scaling(change, now, behavior)
        self.view = self.applied = view
        self.unanswered = None
