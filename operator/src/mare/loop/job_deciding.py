"""Makes the decision on one reading of an object that creates Jobs."""

from mare.custom_resource.job_status import read_failures
from mare.custom_resource.stored_timers import past_of
from mare.domain.decide_jobs import JobHistory, decide_jobs
from mare.domain.decision import Decision
from mare.domain.evidence import Evidence
from mare.loop.state import AutoscalerState
from mare.ports import BrokerReading, DecisionClock, Scale


def decide_on_jobs(
    state: AutoscalerState,
    scale: Scale,
    reading: BrokerReading,
    evidence: Evidence,
    clock: DecisionClock,
) -> Decision:
    """Decide on a reading without values that are too old (`fresh_reading`)."""
    if state.job_history is None:
        past = past_of(state.stored.status, state.autoscaler.target)
        state.job_history = JobHistory(failures=read_failures(past))
    decision, state.job_history = decide_jobs(
        state.autoscaler.spec,
        scale.jobs,
        reading.queues,
        evidence=evidence,
        history=state.job_history,
        now=clock(),
        offset=clock.offset,
    )
    return decision
