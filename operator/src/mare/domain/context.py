"""The inputs of the rules: what is fixed for one decision, and what one target proposes."""

from dataclasses import dataclass, replace

from mare.domain.clause import Clause
from mare.domain.evidence import Evidence
from mare.domain.observation import Load, Observation, QueueReading, Workload
from mare.domain.schedules import floor_of
from mare.domain.spec import ForecastMode, Pause, ScalingSpec, Schedule
from mare.domain.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Proposal:
    """The replicas that one target proposes."""

    raw: int
    """The result of `formula`; for fewer replicas, with a reserve."""
    replicas: int
    """The proposed count: `raw`, or what the tolerance or the largest step makes of it."""
    formula: Clause
    """The formula with its numbers."""
    why_not_raw: Clause | None = None
    """Why `replicas` is not `raw`: the tolerance, or the largest step."""
    tolerance_formula: Clause | None = None
    """The formula that keeps the current count; None if `formula` does. Its result is not `raw`,
    which `why_not_raw` names."""
    remark: Clause | None = None
    """An estimate that the formula lacks or does not trust yet."""
    allows_scale_down: bool = True
    """False if an unknown input could raise the result."""
    unknown: Unknown | None = None
    """What the proposal leaves out: unknown queues, or another target."""

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of the decision: why the count stays, the formula, the remark."""
        formula = self.tolerance_formula or self.formula
        clauses = (self.why_not_raw, formula, self.remark)
        return tuple(dict.fromkeys(each for each in clauses if each is not None))


def largest(proposals: list[Proposal | Unknown]) -> Proposal | Unknown:
    """Return the largest proposal. It allows scaling down only if every proposal does."""
    known_ones = [each for each in proposals if not isinstance(each, Unknown)]
    unknown = next((each for each in proposals if isinstance(each, Unknown)), None)
    if unknown is not None and not known_ones:
        return unknown
    largest = max(known_ones, key=lambda proposal: proposal.replicas)
    if unknown is None and all(each.allows_scale_down for each in known_ones):
        return largest
    return replace(largest, allows_scale_down=False, unknown=largest.unknown or unknown)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The replicas that a load needs for which they are started now."""

    replicas: int
    clause: Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionContext:
    """The spec, the observed load and the time of one decision."""

    spec: ScalingSpec
    workload: Workload
    load: Load
    now: float
    floor: int
    """The fewest replicas of a workload that is not idle."""
    schedule: Schedule | None
    """The schedule that sets the floor, if one does."""
    alarm: Unknown | None
    """The resource alarm that blocks publishers; None without an alarm."""
    evidence: Evidence
    transient: tuple[str, ...] = ()
    """Queues for which one replica stays: the broker deletes them without consumers."""
    omitted: tuple[QueueReading, ...] = ()
    """Queues whose ready messages do not count: no replica has ever consumed them."""
    forecast: Forecast | None = None
    """The load that is due soon; None if none is."""

    @property
    def starts_for_forecast(self) -> bool:
        """Whether a load is due that replicas are started for."""
        return self.forecast is not None and self.spec.forecast is ForecastMode.ON

    @property
    def why_floor(self) -> Clause:
        if self.schedule is not None:
            return Clause("bounds.schedule", start=self.schedule.start, replicas=self.floor)
        if self.spec.min_replicas > 0:
            return Clause("bounds.min", min=self.floor)
        if self.transient:
            return Clause("bounds.transient", names=", ".join(self.transient[:3]))
        return Clause("bounds.always" if self.spec.always_active else "bounds.quiet")

    @property
    def ceiling(self) -> int:
        """The most replicas: maxReplicas, or one a queue if all have a single active consumer.

        It is no lower than `floor`.
        """
        most, active = self.spec.max_replicas, self.load.active_consumers
        return most if active is None else min(most, max(active, self.floor))

    @property
    def why_ceiling(self) -> Clause:
        """The rule that sets the ceiling."""
        most, active = self.spec.max_replicas, self.load.active_consumers
        if self.ceiling == most or active is None:
            return Clause("bounds.max", by=self.spec.max_set_by, max=most)
        return Clause("bounds.singleActive", replicas=active)

    @property
    def idle_replicas(self) -> int | None:
        """The count of an idle workload; None if the workload cannot become idle now."""
        keeps_active = self.schedule is not None or self.starts_for_forecast
        return None if keeps_active or self.transient else self.spec.effective_idle_replicas

    @property
    def is_at_idle_count(self) -> bool:
        """Whether the workload has the count of an idle one, also while it may not stay idle."""
        idle_replicas = self.spec.effective_idle_replicas
        return idle_replicas is not None and self.workload.replicas <= idle_replicas

    @property
    def keeps_replicas(self) -> bool:
        """Whether no replica is removed, whatever is decided."""
        is_paused = self.spec.paused is Pause.SCALE_IN
        return self.spec.dry_run or is_paused or self.evidence.conflict is not None


def context_of(
    spec: ScalingSpec,
    observation: Observation,
    load: Load,
    omitted: tuple[QueueReading, ...],
    now: float,
) -> DecisionContext:
    floor = max(1, spec.min_replicas)
    scheduled, schedule = floor_of(spec.schedules, now + observation.clock_offset)
    idle_replicas = spec.effective_idle_replicas
    if scheduled <= (spec.min_replicas if idle_replicas is None else idle_replicas):
        schedule = None
    else:
        floor = min(max(floor, scheduled), spec.max_replicas)
    return DecisionContext(
        spec=spec,
        workload=observation.workload,
        load=load,
        now=now,
        floor=floor,
        schedule=schedule,
        alarm=observation.alarm,
        evidence=observation.evidence,
        transient=observation.transient if spec.keeps_queues else (),
        omitted=omitted,
    )
