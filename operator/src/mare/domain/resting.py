"""To zero and back: who rests is woken in one step, and who works rests only when all is quiet."""

from mare.domain.clause import Clause
from mare.domain.course import Course
from mare.domain.decision import Reason, Stage
from mare.domain.history import History
from mare.domain.situation import Situation
from mare.domain.unknown import Unknown

_QUIET_SIGHTINGS = 2
"""Statistics in a row without a message, so that one that is stale puts nobody to rest."""
_NOTHING = Clause("rest.stay", "nothing to wake for")


def wakes(here: Situation) -> bool:
    """Whether a resting workload has something to wake for."""
    ready = here.load.ready
    return not isinstance(ready, Unknown) and ready > here.policy.activation_threshold


def stay(course: Course) -> None:
    course.reason = Reason.RESTING
    course.add(_NOTHING)
    course.go(Stage.REST, course.current, _NOTHING)


def rest_if_quiet(course: Course, here: Situation, history: History) -> None:
    """Go to rest from the smallest count, when there was no message for the cooldown."""
    if here.rest is None or course.count > here.floor:
        return
    quiet_at = history.last_active + here.policy.cooldown_seconds
    if history.quiet_sightings >= _QUIET_SIGHTINGS and here.now >= quiet_at:
        quiet = here.now - history.last_active
        course.reason = Reason.RESTED
        text = f"no message, ready or unacknowledged, for {quiet:.0f} s"
        clause = Clause("rest.rested", text, seconds=round(quiet))
        course.say(clause)
        course.raw = here.rest
        course.go(Stage.REST, here.rest, clause)
    elif history.quiet_sightings > 0:
        seconds = here.policy.cooldown_seconds
        text = f"Rests at {here.rest} after {seconds} s without a message"
        remark = Clause("rest.cooldown", text, replicas=here.rest, cooldownSeconds=seconds)
        course.limit(Stage.REST, course.count, Reason.COOLING_DOWN, remark, quiet_at)
    elif isinstance(here.load.unacknowledged, Unknown):
        why = here.load.unacknowledged
        text = f"Does not rest, because {why.cause}"
        remark = Clause("rest.unknown", text, reason=why.reason, cause=why.cause, name=why.name)
        course.limit(Stage.REST, course.count, Reason.PARTLY_UNKNOWN, remark)
