"""Problems that need an action: a stable code of docs/explain.md, a sentence and advice."""

from collections.abc import Iterator
from dataclasses import dataclass

from mare.custom_resource.condition import Condition
from mare.domain.clause import Clause
from mare.explanation import advice
from mare.explanation.facts import Facts

PAGE = "explain.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    code: str
    about: str
    """Kind and name of the object with the problem, for example Deployment/playlists."""
    text: str
    clauses: tuple[Clause, ...]
    """The clauses of the text; empty for a stored status, which has only the text."""
    advice: Clause

    @property
    def page(self) -> str:
        return f"{PAGE}#{self.code.lower()}"


def problems_of(facts: Facts) -> tuple[Problem, ...]:
    return tuple(_problems(facts))


def _problems(facts: Facts) -> Iterator[Problem]:
    workload = f"{facts.target.kind}/{facts.target.name}"
    own = f"QueueAutoscaler/{facts.key.name}"
    able = facts.cannot_act
    if able is not None:
        code, hint = advice.ABLE.get(able.reason, advice.CANNOT_ACT)
        yield _problem(code, workload, able, hint)
    fresh = facts.condition("MetricsFresh")
    if fresh is not None and fresh.is_bad:
        code, hint = advice.FRESH.get(fresh.reason, advice.BROKER)
        yield _problem(code, own, fresh, hint)
    elif fresh is not None and fresh.reason == "PartlyFresh":
        yield _problem("MARE005", own, fresh, advice.STATISTICS)
    for kind, about in (
        ("BrokerAlarm", own),
        ("GracePeriodSufficient", workload),
        ("VictimsChosen", workload),
        ("SchedulesValid", own),
        ("EventsSafe", own),
        ("WorkVisible", own),
    ):
        condition = facts.condition(kind)
        if condition is not None and condition.is_bad:
            code, hint = advice.OTHERS.get(condition.reason, advice.DRAIN)
            yield _problem(code, about, condition, hint)
    if facts.pending and facts.requested is not None and facts.ready is not None:
        missing = facts.requested - facts.ready
        clause = Clause("pods.pending", missing=missing, replicas=facts.requested)
        yield _own("MARE014", workload, clause, advice.PENDING)
    if facts.is_behind and facts.is_unread:
        clause = Clause("pods.unread", replicas=facts.ready)
        yield _own("MARE025", workload, clause, Clause("advice.checkConsumers"))
    elif facts.is_behind:
        most = facts.policy.max_replicas
        hint = Clause("advice.raiseMax", by=facts.policy.max_set_by)
        yield _own("MARE021", own, Clause("pods.behind", replicas=most), hint)


def _own(code: str, about: str, text: Clause, hint: Clause) -> Problem:
    return Problem(code=code, about=about, text=text, clauses=(text,), advice=hint)


def _problem(code: str, about: str, condition: Condition, hint: Clause) -> Problem:
    text, clauses = condition.message or condition.reason, condition.clauses
    if clauses and condition.reason in _QUOTED:
        clauses = (*clauses, Clause("recorded", text))
    return Problem(code=code, about=about, text=text, clauses=clauses, advice=hint)


_QUOTED = {
    "AccessRefused",
    "CertificateRefused",
    "Forbidden",
    "NotDecided",
    "PartlyFresh",
    "ScheduleWrong",
    "SecretInvalid",
    "SecretRefused",
    "SecretUnreadable",
    "StatisticsUnreachable",
    "StatisticsTooLarge",
    "StatisticsUnreadable",
    "Unavailable",
}
"""Reasons whose text, from the API server or the broker, has more detail than the clauses."""
