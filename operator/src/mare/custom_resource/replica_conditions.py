"""The condition about replicas that do not become ready."""

from mare.custom_resource.condition import Condition, condition
from mare.domain.clause import Clause, Number, capital
from mare.domain.decide_jobs import JobHistory
from mare.domain.history import History
from mare.domain.observation import load_of
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Scale

_KIND = "ReplicasReady"


def replicas_ready(
    scale: Scale, reading: BrokerReading, history: History, cause: str | None, now: float
) -> Condition:
    """Return whether enough replicas are ready. `cause` is why not, if the Pods show it."""
    if isinstance(scale.ready, Unknown):
        return condition(_KIND, "Unknown", "NotReported", setting="ready replicas")
    missing = history.unready.count(now)
    if missing == 0:
        return condition(_KIND, "True", "EnoughReady")
    numbers: dict[str, Number] = {
        "missing": missing,
        "replicas": history.unready.expected,
        "minutes": int(history.unready.seconds(now) // 60),
    }
    if cause is not None:
        numbers["cause"] = cause
    match has_no_consumer(scale, reading), cause:
        case True, None:
            code = "pods.noneConsumes.unexplained"
        case True, _:
            code = "pods.noneConsumes"
        case _, None:
            code = "pods.unready.unexplained"
        case _:
            code = "pods.unready"
    clause = Clause(code, **numbers)
    return Condition(_KIND, "False", "ReplicasNotReady", capital(clause), (clause,))


def jobs_ready(scale: Scale, jobs: JobHistory) -> Condition:
    """Return whether no Job has been without a ready Pod for minutes, since its creation."""
    if not jobs.unstarted:
        return condition(_KIND, "True", "EnoughReady")
    minutes = int(jobs.unstarted_seconds // 60)
    clause = Clause("jobs.unstarted", missing=jobs.unstarted, jobs=scale.replicas, minutes=minutes)
    return Condition(_KIND, "False", "ReplicasNotReady", capital(clause), (clause,))


def has_no_consumer(scale: Scale, reading: BrokerReading) -> bool:
    """Return whether no replica is ready and no queue has a consumer."""
    return scale.ready == 0 and load_of(reading.queues).consumers == 0
