"""Problems that need an action: a stable code of docs/explain.md, a sentence and advice."""

from collections.abc import Iterator
from dataclasses import dataclass

from mare.custom_resource.condition import WARNINGS, Condition, warning_of
from mare.domain.clause import Clause
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
    for kind in WARNINGS:
        condition = facts.condition(kind)
        if condition is not None and (condition.is_bad or condition.reason == "PartlyFresh"):
            yield _problem(workload if condition.is_about_workload else own, condition)
    ready = facts.condition("ReplicasReady")
    is_reported = ready is not None and ready.is_bad
    if (
        facts.pending
        and not is_reported
        and facts.requested is not None
        and facts.ready is not None
    ):
        missing = facts.requested - facts.ready
        clause = Clause("pods.pending", missing=missing, replicas=facts.requested)
        yield _own("MARE014", workload, clause, Clause("advice.checkPods"))
    if facts.is_behind and facts.is_unread:
        clause = Clause("pods.unread", replicas=facts.ready)
        yield _own("MARE025", workload, clause, Clause("advice.checkConsumers"))
    elif facts.is_behind:
        most = facts.spec.max_replicas
        hint = Clause("advice.raiseMax", by=facts.spec.max_set_by)
        yield _own("MARE021", own, Clause("pods.behind", replicas=most), hint)


def _own(code: str, about: str, text: Clause, hint: Clause) -> Problem:
    return Problem(code=code, about=about, text=text, clauses=(text,), advice=hint)


def _problem(about: str, condition: Condition) -> Problem:
    code, hint = warning_of(condition.type, condition.reason)
    text, clauses = condition.message or condition.reason, condition.clauses
    if clauses and condition.reason in _QUOTED:
        clauses = (*clauses, Clause("recorded", text))
    return Problem(code=code, about=about, text=text, clauses=clauses, advice=hint)


_QUOTED = {
    "AccessRefused",
    "CertificateRefused",
    "Forbidden",
    "NamespaceBudgetExceeded",
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
