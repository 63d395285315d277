"""Vetoes: what stops a change that all other rules allow.

| evidence | the change waits |
|---|---|
| another autoscaler or operator acts on the workload | until one of them is removed |
| the last attempt failed | for 0.5 to 15 s, or up to 30 s if the API server asks for it |
| the queues have not confirmed that they have no message | until they do; asked every second |

A message that the queues report restarts the cooldown.

A veto keeps the count and adds its sentence to the decision. A dry run changes nothing, so nothing
stops it. Unknown inputs, alarms, pauses and disabled directions are no vetoes: they change what the
rules want, with sentences of their own, and can last for as long as their cause does. After the
decision only the loop's own state can stop it (`loop.scale_writer`): a change under way, a lost
leadership, a newer spec, marks of Pods that failed, a status that has to be written first.
"""

from mare.domain.clause import Clause
from mare.domain.context import DecisionContext
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.evidence import QUEUE_CHANGED, Evidence, QuietAnswer
from mare.domain.history import History
from mare.domain.observation import UNCHANGED_SECONDS
from mare.domain.reason import Reason

_ASK_SECONDS = 1.0
"""Time between an answer that does not confirm and the next question, unless a queue changed."""
_VALID_SECONDS = 1.0
"""Age up to which an answer counts: a message can arrive at any moment after it."""


def apply_vetoes(trace: DecisionTrace, context: DecisionContext, history: History) -> None:
    """Keep the count if something stops the change."""
    if trace.count == trace.current or context.spec.dry_run:
        return
    if stop_change(trace, context.evidence, context.now):
        return
    drains_quietly = history.draining_is_quiet and trace.count < trace.current
    if trace.reason is Reason.SCALED_TO_IDLE or drains_quietly:
        _confirm_quiet(trace, context, history)


def stop_change(trace: DecisionTrace, evidence: Evidence, now: float) -> bool:
    """Keep the count after a conflict or a failed attempt; return whether there is one."""
    conflict, failure = evidence.conflict, evidence.failure
    if conflict is not None:
        _keep(trace, Stage.CONFLICT, Reason(conflict.reason), conflict.clause)
    elif failure is not None and now < failure.next_at:
        _keep(trace, Stage.RETRY, Reason.UNABLE_TO_SCALE, failure.clause(now), failure.next_at)
    else:
        return False
    return True


def _confirm_quiet(trace: DecisionTrace, context: DecisionContext, history: History) -> None:
    """Keep the count until the queues themselves have confirmed that they have no message.

    Statistics do not contain a message that was delivered since they were sampled.
    """
    answer, count = context.evidence.quiet_answer, trace.count
    if answer is not None and answer.asked_at <= history.queues_changed_at:
        answer = None
    if answer is not None and answer.why is None and _age(answer, context) <= _VALID_SECONDS:
        trace.expires_at = answer.answered_at + _VALID_SECONDS
        return
    why = answer.why if answer is not None else None
    pause = UNCHANGED_SECONDS if why is not None and why.reason == QUEUE_CHANGED else _ASK_SECONDS
    trace.asks_queues = why is None or answer is None or _age(answer, context) >= pause
    if why is None:
        _keep(trace, Stage.CHECK, Reason.CONFIRMING_QUIET, Clause("veto.asked", replicas=count))
    elif why.reason == QUEUE_CHANGED:
        remark = why.in_clause("veto.changed", replicas=count)
        _keep(trace, Stage.CHECK, Reason.CONFIRMING_QUIET, remark)
    else:
        trace.unconfirmed = why
        remark = why.in_clause("idle.unknown", replicas=count)
        _keep(trace, Stage.CHECK, Reason.PARTLY_UNKNOWN, remark)


def _age(answer: QuietAnswer, context: DecisionContext) -> float:
    return context.now - answer.answered_at


def _keep(
    trace: DecisionTrace, stage: Stage, reason: Reason, remark: Clause, until: float | None = None
) -> None:
    trace.desired = trace.count
    trace.limit(stage, trace.current, reason, remark, until)
