"""Says what windows, policies and bounds did to a count."""

from mare.domain.behavior import Limit, Limited
from mare.domain.clause import Clause
from mare.domain.course import Course
from mare.domain.decision import Reason, Stage
from mare.domain.situation import Situation

_NO_WINDOW = Clause("window.none", "no window holds it")
_NO_LIMIT = Clause("policy.none", "within policies and bounds")


def at_most(ceiling: int) -> Clause:
    return Clause("bounds.max", f"maxReplicas is {ceiling}", max=ceiling)


def _allowed(way: str, count: int) -> Clause:
    text = f"The scale{way} policies allow {count} now"
    return Clause(f"policy.{way.lower()}", text, replicas=count)


def explain(course: Course, here: Situation, limited: Limited, desired: int) -> None:
    """Take a course through what behavior made of the desired count."""
    match limited.stabilization:
        case Limit.SCALE_UP_STABILIZED:
            _growing_later(course, here, limited)
        case Limit.SCALE_DOWN_STABILIZED:
            _shrinking_later(course, here, limited, desired)
        case _:
            course.go(Stage.WINDOW, limited.stabilized, _NO_WINDOW)
    match limited.reason:
        case Limit.NONE:
            course.go(Stage.POLICY, limited.replicas, _NO_LIMIT)
            return
        case Limit.SCALE_UP_LIMIT:
            stage, remark = Stage.POLICY, _allowed("Up", limited.replicas)
        case Limit.SCALE_DOWN_LIMIT:
            stage, remark = Stage.POLICY, _allowed("Down", limited.replicas)
        case Limit.TOO_MANY_REPLICAS:
            stage, remark = Stage.BOUNDS, at_most(here.policy.max_replicas)
        case _:
            stage, remark = Stage.BOUNDS, here.why_floor
    reason = Reason(limited.reason.value)
    if reason is Reason.TOO_FEW_REPLICAS and here.schedule is not None:
        reason = Reason.SCHEDULED
    course.limit(stage, limited.replicas, reason, remark)


def _growing_later(course: Course, here: Situation, limited: Limited) -> None:
    window = here.policy.behavior.scale_up.stabilization_window_seconds
    count = limited.stabilized
    text = f"Only {count} was wanted all through the last {window} s"
    remark = Clause("window.up", text, replicas=count, windowSeconds=window)
    course.limit(Stage.WINDOW, limited.stabilized, Reason.SCALE_UP_STABILIZED, remark)


def _shrinking_later(course: Course, here: Situation, limited: Limited, desired: int) -> None:
    """The next smaller count comes when the last wish for this one has left the window."""
    window = here.policy.behavior.scale_down.stabilization_window_seconds
    count = limited.stabilized
    text = f"{count} was still wanted within the last {window} s"
    blocking = [
        past.time
        for past in limited.recommendations
        if past.replicas >= limited.stabilized and past.replicas > desired
    ]
    until = max(blocking) + window if blocking else None
    if until is not None:
        text += f", may shrink in {until - here.now:.0f} s"
    seconds = None if until is None else round(until - here.now)
    remark = Clause("window.down", text, replicas=count, windowSeconds=window, seconds=seconds)
    course.limit(Stage.WINDOW, limited.stabilized, Reason.SCALE_DOWN_STABILIZED, remark, until)
