"""The rules in their order: pause, knowledge, rest, and then behavior as autoscaling/v2 has it.

One function, `decide`, for the operator, for local processes and for the simulation.
"""

from dataclasses import replace

from mare.domain import resting
from mare.domain.behavior import limit
from mare.domain.clause import Clause
from mare.domain.course import Course
from mare.domain.decision import Decision, Reason, Stage
from mare.domain.estimates import learn
from mare.domain.history import History, look
from mare.domain.limits import at_most, explain
from mare.domain.observation import Observation, load_of
from mare.domain.policy import FallbackBehavior, Pause, Policy, VictimPolicy
from mare.domain.sentences import replicas
from mare.domain.situation import Situation, situation
from mare.domain.targets import wish_of
from mare.domain.unknown import Unknown, known
from mare.domain.wish import Wish


def decide(
    policy: Policy, observation: Observation, history: History, now: float
) -> tuple[Decision, History]:
    """Decide how many replicas the workload shall have.

    Whoever carries the decision out calls `History.scaled` once the change is made.
    """
    workload = observation.workload
    load = load_of(observation.queues, now, policy.staleness_seconds)
    learning = learn(history.learning, load, workload, now, policy.workers_per_replica)
    history = look(history, load, learning, now)
    here = situation(policy, workload, load, now)
    course = Course(workload.replicas)
    if policy.paused is Pause.ALL:
        _pause_all(course, policy)
        return course.decided(), _held(course, here, history)
    wish = _largest(
        [
            wish_of(target, load, learning.estimates, workload, policy.behavior)
            for target in policy.targets
        ]
    )
    if isinstance(wish, Unknown):
        wish = resting.wish_to_wake(here, wish)
    if isinstance(wish, Unknown):
        _without_knowledge(course, here, wish, history)
        history = _held(course, here, history)
    else:
        history = _with_knowledge(course, here, wish, history)
    _pause_one_way(course, policy)
    return course.decided(), history


def _largest(wishes: list[Wish | Unknown]) -> Wish | Unknown:
    """The wish for the most replicas; it may ask for fewer if all are known, and wholly."""
    told = [wish for wish in wishes if not isinstance(wish, Unknown)]
    untold = [wish for wish in wishes if isinstance(wish, Unknown)]
    if not told:
        return untold[0]
    largest = max(told, key=lambda wish: wish.replicas)
    sure = not untold and all(wish.may_shrink for wish in told)
    return largest if sure else replace(largest, may_shrink=False)


def _held(course: Course, here: Situation, history: History) -> History:
    return history.held(max(course.count, course.current), here.now, here.policy.behavior)


def _pause_all(course: Course, policy: Policy) -> None:
    count = course.current if policy.paused_replicas is None else policy.paused_replicas
    course.note(Stage.WISH, None, Clause("paused.unseen", "not looked at while paused"))
    remark = Clause("paused.at", f"Paused at {replicas(count)}", replicas=count)
    course.limit(Stage.PAUSE, count, Reason.PAUSED, remark)


def _pause_one_way(course: Course, policy: Policy) -> None:
    shrinks, grows = course.count < course.current, course.count > course.current
    if (policy.paused is Pause.SCALE_IN and shrinks) or (
        policy.paused is Pause.SCALE_OUT and grows
    ):
        way = "Shrinking" if shrinks else "Growing"
        text = f"{way} to {course.count} is paused"
        remark = Clause(f"paused.{way.lower()}", text, replicas=course.count)
        course.limit(Stage.PAUSE, course.current, Reason.PAUSED, remark)


def _without_knowledge(course: Course, here: Situation, why: Unknown, history: History) -> None:
    """Hold what is there; long without any reading, go to the fallback. Bounds may shrink it."""
    course.say(why.clause)
    course.note(Stage.MEASURED, None, why.clause)
    since, fallback = history.unknown_since, here.policy.fallback
    if since is None:  # what is known of the queues does not tell a count
        fallback, since = None, here.now
    unknown_for = here.now - since
    if fallback is not None and unknown_for >= fallback.after_seconds:
        count = fallback.replicas
        if fallback.behavior is FallbackBehavior.CURRENT_REPLICAS_IF_HIGHER:
            count = max(count, course.current)
        text = f"Nothing is known for {unknown_for:.0f} s, the fallback is {fallback.replicas}"
        seconds = round(unknown_for)
        remark = Clause("knowledge.fallback", text, seconds=seconds, replicas=fallback.replicas)
        course.limit(Stage.KNOWLEDGE, count, Reason.FALLBACK, remark)
    else:
        until = None if fallback is None else since + fallback.after_seconds
        remark = Clause("knowledge.held", "Held, because unknown is not zero")
        course.limit(Stage.KNOWLEDGE, course.current, Reason.QUEUES_UNKNOWN, remark, until)
    rests = here.rest is not None and course.count <= here.rest
    _bound(course, here, 0 if rests else here.floor)


def _bound(course: Course, here: Situation, floor: int) -> None:
    ceiling = here.policy.max_replicas
    if course.count > ceiling:
        course.limit(Stage.BOUNDS, ceiling, Reason.TOO_MANY_REPLICAS, at_most(ceiling))
    elif course.count < floor:
        course.limit(Stage.BOUNDS, floor, Reason.TOO_FEW_REPLICAS, here.why_floor)


def _with_knowledge(course: Course, here: Situation, wish: Wish, history: History) -> History:
    course.raw = wish.raw
    course.say(wish.text)
    course.note(Stage.MEASURED, None, here.load.as_far_as_known().text)
    course.note(Stage.WISH, wish.raw, wish.text)
    if wish.kept:
        course.go(Stage.TOLERANCE, wish.replicas, wish.kept)
        course.say(wish.text, wish.kept, joined=", but ")
    if wish.unknown:
        course.add(wish.unknown.clause)
    if here.is_at_rest:
        if not resting.wakes(here):
            resting.stay(course)
            return history
        course.reason = Reason.WOKEN
        remark = Clause("rest.woken", "woken, in one step outside of behavior")
        course.go(Stage.REST, max(wish.replicas, here.floor), remark)
        _bound(course, here, here.floor)
        return history.woken(course.count, here.now)
    desired = _desired(course, here, wish)
    limited = limit(
        here.policy.behavior,
        min_replicas=here.floor,
        max_replicas=here.policy.max_replicas,
        current=course.current,
        desired=desired,
        recommendations=history.recommendations,
        events=history.events,
        now=here.now,
    )
    explain(course, here, limited, desired)
    history = replace(history, recommendations=limited.recommendations)
    history = _spare_the_busy(course, here, history)
    resting.rest_if_quiet(course, here, history)
    return history


def _desired(course: Course, here: Situation, wish: Wish) -> int:
    """What is wanted before behavior: no less than knowledge and schedules allow."""
    desired = wish.replicas
    if not wish.may_shrink and desired < course.current:
        desired = course.current
        text = "Held, because a part of what decides is unknown"
        remark = Clause("knowledge.partly", text)
        course.limit(Stage.KNOWLEDGE, desired, Reason.PARTLY_UNKNOWN, remark)
    if here.schedule is not None and here.floor > desired:
        desired = here.floor
        if course.current >= desired:  # else it is said where the bounds are
            course.limit(Stage.SCHEDULE, desired, Reason.SCHEDULED, here.why_floor)
    return desired


def _spare_the_busy(course: Course, here: Situation, history: History) -> History:
    """With IdleOnly, shrink by as many as are idle, until the drain wait has passed."""
    policy, wanted = here.policy, course.count
    if policy.victim_policy is not VictimPolicy.IDLE_ONLY or wanted >= course.current:
        return replace(history, shrinking_since=None) if history.shrinking_since else history
    since = here.now if history.shrinking_since is None else history.shrinking_since
    spare = _idle_replicas(here, history)
    until = since + policy.max_drain_wait_seconds
    if course.current - wanted > spare and here.now < until:
        remark = _who_is_spared(here.workload.idle, spare, wanted)
        course.limit(Stage.VICTIMS, course.current - spare, Reason.DRAINING, remark, until)
    spared_at = known(here.load.statistics_at, history.spared_at)
    return replace(history, shrinking_since=since, spared_at=spared_at)


def _who_is_spared(idle: int | Unknown, spare: int, wanted: int) -> Clause:
    if isinstance(idle, Unknown):
        text = f"Nobody knows who is idle, because {idle.cause}, and the busy may finish first"
        return Clause("victims.unknown", text, reason=idle.reason, cause=idle.cause, name=idle.name)
    text = f"{replicas(spare)} idle, busy ones may finish before {wanted} is reached"
    return Clause("victims.draining", text, idle=spare, replicas=wanted)


def _idle_replicas(here: Situation, history: History) -> int:
    """Replicas known to be idle; each statistics counts once, or the same would go twice."""
    statistics_at, idle = here.load.statistics_at, here.workload.idle
    if isinstance(idle, Unknown) or isinstance(statistics_at, Unknown):
        return 0
    return idle if statistics_at > history.spared_at else 0
