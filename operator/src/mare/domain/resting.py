"""To zero and back: who rests is woken in one step, and who works rests only when all is quiet."""

from mare.domain.clause import Clause
from mare.domain.course import Course
from mare.domain.decision import Reason, Stage
from mare.domain.history import History
from mare.domain.sentences import messages
from mare.domain.situation import Situation
from mare.domain.unknown import Unknown, known, total
from mare.domain.wish import Wish

_QUIET_SIGHTINGS = 2
"""Statistics in a row without a message, so that one that is stale puts nobody to rest."""
_NOTHING = Clause("rest.stay", "nothing to wake for")


def wakes(here: Situation) -> bool:
    """Whether a resting workload has something to wake for, by the queues that are known."""
    ready = here.load.as_far_as_known().ready
    return not isinstance(ready, Unknown) and ready > here.policy.activation_threshold


def wish_to_wake(here: Situation, why: Unknown) -> Wish | Unknown:
    """The fewest replicas for a resting workload whose messages wait; else what is unknown."""
    if not (here.is_at_rest and wakes(here)):
        return why
    waiting = known(here.load.as_far_as_known().ready, 0)
    clause = Clause("rest.waiting", f"{messages(waiting)} wait", ready=waiting)
    return Wish(here.floor, here.floor, clause, may_shrink=False, unknown=why)


def stay(course: Course) -> None:
    course.reason = Reason.RESTING
    course.add(_NOTHING)
    course.go(Stage.REST, course.current, _NOTHING)


def rest_if_quiet(course: Course, here: Situation, history: History) -> None:
    """Go to rest from the smallest count, when there was no message for the cooldown."""
    if here.rest is None or max(course.count, course.current) > here.floor:
        return
    unknown = total((here.load.ready, here.load.unacknowledged))
    quiet_at = history.quiet_since + here.policy.cooldown_seconds
    if history.quiet_sightings >= _QUIET_SIGHTINGS and here.now >= quiet_at:
        quiet = here.now - history.quiet_since
        text = f"no message, ready or unacknowledged, for {quiet:.0f} s"
        course.rest(here.rest, Clause("rest.rested", text, seconds=round(quiet)))
    elif history.quiet_sightings > 0:
        seconds = here.policy.cooldown_seconds
        text = f"Rests at {here.rest} after {seconds} s without a message"
        remark = Clause("rest.cooldown", text, replicas=here.rest, cooldownSeconds=seconds)
        course.limit(Stage.REST, course.count, Reason.COOLING_DOWN, remark, quiet_at)
    elif isinstance(unknown, Unknown):
        text = f"Does not rest, because {unknown.cause}"
        remark = Clause(
            "rest.unknown", text, reason=unknown.reason, cause=unknown.cause, name=unknown.name
        )
        course.limit(Stage.REST, course.count, Reason.PARTLY_UNKNOWN, remark)
