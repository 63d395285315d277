"""Builds the inputs of decisions, and a workload over time."""

from dataclasses import replace

from mare.domain.decide import decide
from mare.domain.decision import Decision, Stage
from mare.domain.evidence import Evidence, QuietAnswer
from mare.domain.history import History
from mare.domain.observation import Observation, QueueReading, Workload, with_stale_unknown
from mare.domain.reason import Reason
from mare.domain.spec import QueueLength, ScalingSpec
from mare.domain.unknown import Unknown

UNREACHABLE = Unknown("BrokerUnreachable", "the broker does not answer")


LENGTH = (QueueLength(messages_per_replica=20),)


def watching(**given):
    return ScalingSpec(min_replicas=1, max_replicas=50, targets=LENGTH, **given)


def reading(ready=0, unacknowledged=0, *, at=0.0, name="work", **given):
    fields = {
        "name": name,
        "entries": (name,),
        "read_at": at,
        "ready": ready,
        "consumers": 1,
        "statistics_at": at,
        "sampled_after": given.get("statistics_at", at),
        "unacknowledged": unacknowledged,
        "prefetch": 4.0,
        "published": 0,
        "delivered": 0,
        "acknowledged": 0,
    }
    return QueueReading(**{**fields, **given})


def amqp_only(ready=0, *, at=0.0):
    return QueueReading(name="work", entries=("work",), read_at=at, ready=ready, consumers=1)


def missing(name="other", *, at=0.0):
    why = Unknown("QueueNotFound", f"queue {name} does not exist", name)
    return QueueReading(name=name, entries=(name,), read_at=at, ready=why, consumers=why)


def observation_of(replicas, *readings, **workload):
    return Observation(workload=Workload(replicas=replicas, **workload), queues=tuple(readings))


def unreachable(replicas):
    return Observation(workload=Workload(replicas=replicas), queues=UNREACHABLE)


def well_formed(decision: Decision) -> Decision:
    """Check what holds for each decision: steps with stages, clauses with all of their numbers."""
    assert all(isinstance(each.stage, Stage) for each in decision.steps)
    counts = [each.replicas for each in decision.steps]
    assert None not in counts[counts.count(None) :]  # only the first steps have no proposal yet
    assert all(isinstance(each, Reason) for each in (decision.reason, *decision.limited_by))
    for clause in (*decision.clauses, *(each.text for each in decision.steps)):
        assert clause.code == "measured" or None not in clause.numbers.values(), clause
    return decision


def fresh(spec, observation, now):
    """Return the observation as the operator hands it to `decide`."""
    queues = with_stale_unknown(observation.queues, now, spec.staleness_seconds)
    return replace(observation, queues=queues)


def decide_and_ask(spec, observation, history, now, why=None):
    """Decide, and ask the queues at once if the decision needs it; `why` is their answer."""
    observation = fresh(spec, observation, now)
    decision, history = decide(spec, observation, history, now)
    if decision.asks_queues:
        answer = Evidence(quiet_answer=QuietAnswer(now, now, why))
        decision, history = decide(spec, replace(observation, evidence=answer), history, now)
    return decision, history


def once(spec, observation, *, at=1000.0, since=None, replicas=None) -> Decision:
    """Return the first decision, or one with a history since `since`."""
    began = at if since is None else since
    count = observation.workload.replicas if replicas is None else replicas
    observation = fresh(spec, observation, at)
    return well_formed(decide(spec, observation, History.begin(began, count), at)[0])


def away(time, seconds):
    """Let the broker not answer for a time; return the last decision."""
    for _ in range(seconds):
        time.now += 1
        decision = time.read(queues=UNREACHABLE)
    return decision


class Timeline:
    """A workload over time: decisions are carried out at once, and queues are asked at once."""

    def __init__(self, spec: ScalingSpec, replicas: int, at: float = 0.0) -> None:
        self.spec = spec
        self.replicas = replicas
        self.now = at
        self.history = History.begin(at, replicas)
        self.decisions: list[Decision] = []
        self.alarm: Unknown | None = None
        self.transient: tuple[str, ...] = ()
        self.conflict: Unknown | None = None
        self.left: Unknown | None = None
        """Why the queues may have a message although statistics show none."""

    def read(self, *readings, queues=None, **workload) -> Decision:
        observation = Observation(
            workload=Workload(replicas=self.replicas, **workload),
            queues=tuple(readings) if queues is None else queues,
            alarm=self.alarm,
            transient=self.transient,
            evidence=Evidence(conflict=self.conflict),
        )
        decision, self.history = decide_and_ask(
            self.spec, observation, self.history, self.now, self.left
        )
        if decision.changes and not self.spec.dry_run:
            self.history = self.history.record_scaling(
                decision.replicas - decision.current, self.now, self.spec.behavior
            )
            self.replicas = decision.replicas
        self.decisions.append(well_formed(decision))
        return decision

    def decide(self, ready=0, unacknowledged=0, **workload) -> Decision:
        """Decide on a fresh reading."""
        return self.read(reading(ready, unacknowledged, at=self.now), **workload)

    def passes(self, seconds, ready=0, unacknowledged=0, *, step=1.0, **workload) -> Decision:
        """Decide every `step` seconds for a time; return the last decision."""
        end = self.now + seconds
        decision = self.decide(ready, unacknowledged, **workload)
        while self.now + step <= end:
            self.now += step
            decision = self.decide(ready, unacknowledged, **workload)
        return decision
