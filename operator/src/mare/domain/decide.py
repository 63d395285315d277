"""Decides how many replicas a workload gets, at each reading of its queues.

Ready messages and consumers are read by AMQP, up to four times a second; other values are in the
broker's statistics, every 5 s. A value of before 15 s is unknown. For Jobs there is `decide_jobs`.

1. **History.** The reading updates the estimates. A message, an unknown number of messages, an
   activation, an alarm and a pause restart the cooldown.
2. **Pause.** `paused: All` keeps the count, or sets `pausedReplicas` at once, whatever the queues
   have. A count of 0 that another client set stays as well, as in an HPA, unless `minReplicas` or
   `idle.replicas` is 0. Scale-down windows and cooldown begin anew when either ends.
3. **Proposal.** Each target proposes the result of its formula; the largest applies.
   a. A result within `behavior`'s `tolerance` (10 %) of the current count proposes that count. For
      QueueWaitTime, thresholds that follow the noise take its place.
   b. QueueWaitTime clears a backlog within `waitSeconds` (2), or a third of the start-up time if
      that is longer, and plans replicas to be busy for 80 to 95 % of the time, or for less, so that
      95 % of the messages wait no longer (`queueing_model`).
   c. Until a replica's capacity is known (`learning_proposal`), QueueWaitTime proposes a worker a
      message, in steps of a quarter of them, twice the count or 4, whichever is most, while there
      are 2.5 messages a worker; fewer after a service time. With unknown workers it proposes 1 to 4
      from 0, then more if ready messages grow.
   d. Left out are messages of queues that replicas never consume, though others (`never_consumed`),
      unacknowledged ones beyond `workersPerReplica` (`work_in_progress`), and, except a burst of
      over 20, those that arrive while too few replicas consume, later than 1.5 start-up times and
      5 s (`starting_backlog`). Activation and cooldown count all. Redeliveries are no arrivals.
   e. Known ready messages can raise the count without statistics; any unknown input blocks a
      scale-down. After two statistics without messages a formula that lacks an input proposes 0.
4. **No proposal.** The count stays within its bounds, unless ready messages activate an idle
   workload; scale-down windows begin anew. Once no queue could be read for `fallback.afterSeconds`
   (180), a fallback, if the spec has one, applies within the bounds: its `replicas`, if these are
   more than the count. With `behavior: Static` they may be fewer, at once but for 6d and 6e.
5. **Idle.** With a proposal, an idle workload stays idle, unless a schedule, a forecast, a queue
   that RabbitMQ deletes without consumers (unless `idle.replicas` is given) or `activation.mode:
   Always` forbids it. More ready messages than `activation.threshold` (0), or a load that is due,
   activate it in one step, to the most of what both, `minReplicas` and a schedule need.
6. **Any other workload.** These rules change the proposal, in this order:
   a. Unknown inputs, alarms and messages that 3d leaves out for starting replicas block a
      scale-down.
   b. A schedule sets a minimum. A forecast (on by default) raises the proposal, from 10 s and the
      start-up time (15 s until it is measured) before a load is due until 20 s after, or 60 s if it
      came. It needs the capacity.
   c. `behavior` limits the change. By default scale-up is at once, and scale-down goes to the
      highest proposal of 15 s, of QueueWaitTime for the highest rate of its last 15 s (a mean or
      trend of up to 120 s); a blocked one counts as the count that it kept. After a clear fall of
      a steady rate it waits for neither. The window is 360 s if a target is not QueueWaitTime.
      Such a window, and one that is given, last whatever the load does.
   d. Busy replicas stay for `victims.maxDrainWaitSeconds` (300) at the most: with `IdleFirst`, the
      default, if a message takes longer than the grace period, may take longer, or was held for
      longer in the last 15 min; with `IdleOnly` always, with `Default` never.
   e. A replica stays for each message that was acknowledged in the last `drainSeconds`; without
      that field, in the last 30 s, if consumers acknowledge before the work.
   f. The fewest, at least 1, become the idle count `cooldownSeconds` (60) after the last message:
      `idle.replicas`, or 0 if `minReplicas` is 0, else none. What forbids it in 5 forbids it here.
7. **Pause in one direction.** `paused: ScaleIn` or `ScaleOut` applies. Windows and cooldown go on;
   with `ScaleIn` the wait of 6d does not begin.
8. **Vetoes** keep the count (`vetoes`): another autoscaler or operator and a failed attempt any
   count, also `pausedReplicas`; queues that are not yet confirmed to be empty that of 6f, and of 6d
   once statistics have no message. A dry run has no vetoes. After them the loop sends the count as
   it is, or not (`loop.scale_writer`): without leadership, for example, or if marks fail.

The bounds are `maxReplicas`, or a replica a queue if all have a single active consumer, and the
most of 1, `minReplicas` and a schedule (up to `maxReplicas`), which wins over the queues. Beyond a
bound the count moves to it at once, as in an HPA, also if the proposal is beyond it, except at the
idle count. Replicas with work, a pause and a veto delay it; scale-down windows restart meanwhile.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from mare.domain import idle
from mare.domain.behavior import Recommendation, apply_behavior, record_behavior
from mare.domain.clause import Clause
from mare.domain.context import DecisionContext, Proposal, context_of, largest
from mare.domain.cooldown import Cooldown
from mare.domain.decision import Decision, DecisionTrace, Stage
from mare.domain.draining import keep_acknowledged_early, keep_busy_replicas, request_marks
from mare.domain.fallback import keep_or_fall_back
from mare.domain.forecast import TideTable
from mare.domain.forecast_floor import apply_forecast, forecast_of
from mare.domain.history import History
from mare.domain.learning import learn
from mare.domain.never_consumed import never_consumed, not_counted, with_consumed
from mare.domain.observation import Load, Observation, QueueKey, QueueReading, load_of
from mare.domain.pause import pause_all, pause_one_direction
from mare.domain.reason import Reason
from mare.domain.spec import ForecastMode, Pause, ScalingSpec
from mare.domain.targets import proposal_of
from mare.domain.unknown import Unknown
from mare.domain.vetoes import apply_vetoes
from mare.domain.work_in_progress import most_in_progress


def decide(
    spec: ScalingSpec, observation: Observation, history: History, now: float
) -> tuple[Decision, History]:
    """Decide how many replicas the workload gets, and return the history for the next call.

    Example: 5 replicas of 7.71 messages/s, `waitSeconds` 2, 91 ready messages, 13 a second arrive.
    With a start-up time up to 6 s, three times `waitSeconds`, the backlog decides: (13 + 91 / 2) /
    7.71 is 7.6, 5 → 8. Later none is ready, and 13 messages/s need 3 with a reserve. 8 stay until
    15 s have no proposal of 8.

    Values that are too old are unknown already (`observation.with_stale_unknown`). The caller
    carries the decision out unchanged or not at all, and calls `History.record_scaling` after a
    success. A new leader continues timers, estimates and surges; windows and 6d begin anew.
    """
    load = load_of(observation.queues)
    consumed = with_consumed(load, history.consumed)
    omitted = never_consumed(load, observation.workload.replicas, consumed)
    history = _observe(spec, observation, load, history, now, consumed=consumed, omitted=omitted)
    context = context_of(spec, observation, load, omitted, now)
    context = replace(context, forecast=forecast_of(context, history))
    trace = DecisionTrace(observation.workload.replicas)
    history = _apply_rules(trace, context, history)
    apply_vetoes(trace, context, history)
    if trace.count > context.ceiling:  # what keeps it there may end while the load is low
        history = history.recommend(trace.count, now, spec.behavior)
    request_marks(trace, context, history)
    return trace.decided(), history


def _apply_rules(trace: DecisionTrace, context: DecisionContext, history: History) -> History:
    spec, workload = context.spec, context.workload
    if spec.paused is Pause.ALL:
        pause_all(trace, spec)
        return _restart_windows(trace, context, history.end_draining())
    if idle.is_disabled(spec, workload.replicas, history):
        idle.stay_disabled(trace)
        return _restart_windows(trace, context, history.end_draining())
    counted = context.load.without_ready_of(context.omitted)
    counted = counted.without_messages(history.learning.backlog.uncounted)
    proposals = [
        proposal_of(target, counted, history.learning.estimates, workload, spec.behavior)
        for target in spec.targets
    ]
    if history.is_quiet_confirmed:
        proposals = [idle.proposal_without_messages(each) for each in proposals]
    proposal = largest(proposals)
    if not isinstance(proposal, Unknown) and history.learning.backlog.uncounted:
        proposal = replace(proposal, allows_scale_down=False)
    if isinstance(proposal, Unknown):
        proposal = idle.proposal_to_activate(context, proposal)
    if isinstance(proposal, Unknown):
        keep_or_fall_back(trace, context, proposal, history)
        history = _restart_windows(trace, context, history)
        history = keep_busy_replicas(trace, context, history)
        keep_acknowledged_early(trace, context, history.early_acknowledgement)
    else:
        history = _with_proposal(trace, context, proposal, history)
    pause_one_direction(trace, spec)
    return history


def _observe(
    spec: ScalingSpec,
    observation: Observation,
    load: Load,
    history: History,
    now: float,
    *,
    consumed: frozenset[QueueKey],
    omitted: Sequence[QueueReading],
) -> History:
    """Return the history with one more reading; all queues count for the cooldown."""
    workload, has_alarm = observation.workload, observation.alarm is not None
    taken = load.without_ready_of(omitted)
    learning = learn(history.learning, taken, workload, now, spec.workers_per_replica)
    history = history.observe(load, learning, now)
    answer = observation.evidence.quiet_answer
    if answer and answer.has_messages and answer.answered_at > history.quiet_since:
        history = history.restart_quiet_period(answer.answered_at)
    acknowledgement = history.early_acknowledgement.observe(load, now, spec.drain_seconds)
    workers, forecasts = spec.workers_per_replica, spec.forecast is not ForecastMode.OFF
    most = math.inf if workers is None else most_in_progress(workload, workers)
    held_messages = history.held_messages.observe(load).observe_workers(load, most)
    return replace(
        history,
        consumed=consumed,
        early_acknowledgement=acknowledgement,
        held_messages=held_messages.interrupted() if has_alarm else held_messages,
        unready=history.unready.observe(workload.replicas, workload.ready, now),
        redeliveries=history.redeliveries.observe(load, learning.estimates.service_seconds),
        tides=history.tides.observe(learning.arrivals.counts) if forecasts else TideTable(),
        spec_allowed_zero=idle.allows_zero(spec, workload.replicas, history),
        cooldown=Cooldown(now) if has_alarm else history.cooldown,
    )


def _with_proposal(
    trace: DecisionTrace, context: DecisionContext, proposal: Proposal, history: History
) -> History:
    """Keep an idle workload idle or activate it; limit the proposal for any other workload."""
    trace.raw = proposal.raw
    trace.set_formula(*proposal.clauses)
    trace.record(Stage.MEASURED, None, context.load.of_known_queues().text)
    trace.record(Stage.PROPOSAL, proposal.raw, proposal.formula)
    if proposal.why_not_raw:
        trace.move_to(Stage.TOLERANCE, proposal.replicas, proposal.why_not_raw)
    if proposal.unknown:
        trace.extend_formula(proposal.unknown.clause)
    if uncounted := history.learning.backlog.uncounted:
        trace.extend_formula(Clause("starting.uncounted", uncounted=uncounted))
    if context.omitted:
        trace.extend_formula(not_counted(context.omitted))
    if context.is_at_idle_count:
        has_work = idle.exceeds_activation_threshold(context)
        if has_work or context.starts_for_forecast:
            return idle.activate(trace, context, proposal, history.end_draining())
        if context.idle_replicas is not None:
            apply_forecast(trace, context, proposal.replicas)  # a dry run says what it would do
            idle.stay_idle(trace, context)
            return history.end_draining()
    desired = _desired(trace, context, proposal, history)
    recommendations = _recommendations(context, history)
    limited = apply_behavior(
        context.spec.behavior,
        min_replicas=context.floor,
        max_replicas=context.ceiling,
        current=trace.current,
        desired=desired,
        recommendations=recommendations,
        events=history.events,
        now=context.now,
    )
    fall_ended_window = len(recommendations) < len(history.recommendations)
    record_behavior(trace, context, limited, desired, window_ended=fall_ended_window)
    history = replace(history, recommendations=limited.recommendations)
    history = keep_busy_replicas(trace, context, history)
    keep_acknowledged_early(trace, context, history.early_acknowledgement)
    idle.scale_to_idle(trace, context, history)
    return history


def _desired(
    trace: DecisionTrace, context: DecisionContext, proposal: Proposal, history: History
) -> int:
    """Return the count before `behavior`: with what blocks a scale-down, schedule and forecast."""
    desired = proposal.replicas
    # Outside of the bounds, the bound decides.
    would_shrink = max(desired, context.floor) < trace.current <= context.ceiling
    if context.alarm is not None and would_shrink:
        desired = trace.current
        remark = context.alarm.in_clause("unknown.blocked")
        trace.limit(Stage.UNKNOWN, desired, Reason.BROKER_ALARM, remark)
    elif not proposal.allows_scale_down and would_shrink:
        desired = trace.current
        trace.limit(Stage.UNKNOWN, desired, *_why_blocked(context.load, proposal, history))
    if context.schedule is not None and context.floor > desired:
        desired = context.floor
        if trace.current >= desired:  # for a smaller count `record_behavior` names the schedule
            trace.limit(Stage.SCHEDULE, desired, Reason.SCHEDULED, context.why_floor)
    return apply_forecast(trace, context, desired)


def _why_blocked(load: Load, proposal: Proposal, history: History) -> tuple[Reason, Clause]:
    """Return why scale-down is blocked: the unknown input, unless the formula already names it."""
    why = load.unacknowledged if isinstance(load.unacknowledged, Unknown) else load.statistics_at
    if isinstance(why, Unknown) and proposal.unknown is None:
        return Reason.PARTLY_UNKNOWN, why.in_clause("unknown.blocked")
    if history.learning.backlog.uncounted and proposal.unknown is None:
        return Reason.REPLICAS_STARTING, Clause("starting.kept")
    return Reason.PARTLY_UNKNOWN, Clause("unknown.partly")


def _recommendations(context: DecisionContext, history: History) -> tuple[Recommendation, ...]:
    """Return the past recommendations; since the load fell, if the window follows the load."""
    fell_at = history.learning.estimates.fell_at
    if fell_at is None or not context.spec.behavior.window_follows_load:
        return history.recommendations
    return tuple(each for each in history.recommendations if each.time >= fell_at)


def _restart_windows(trace: DecisionTrace, context: DecisionContext, history: History) -> History:
    count = max(trace.count, trace.current)
    return history.restart_windows(count, context.now, context.spec.behavior)
