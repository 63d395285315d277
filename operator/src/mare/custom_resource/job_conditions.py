"""The conditions of a QueueAutoscaler that creates Jobs."""

from mare.custom_resource.condition import Condition, condition
from mare.domain.clause import capital
from mare.domain.decision import Decision
from mare.domain.reason import Reason


def jobs_succeeding(decision: Decision) -> Condition:
    """Return whether the Jobs that ended last delay the next ones."""
    if decision.reason is not Reason.JOBS_FAILING:
        return condition("JobsSucceeding", "True", "JobsSucceed")
    clause = decision.clauses[-1]
    return Condition("JobsSucceeding", "False", "JobsFailing", capital(clause), (clause,))
