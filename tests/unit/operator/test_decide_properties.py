"""What has to hold for every decision."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mare.domain.decide import decide
from mare.domain.history import History
from mare.domain.observation import Observation, QueueReading, Workload
from mare.domain.policy import (
    Behavior,
    Fallback,
    MaximumConcurrency,
    MessageRate,
    Pause,
    Policy,
    PolicyType,
    QueueLength,
    QueueWaitTime,
    ScalingPolicy,
    ScalingRules,
)
from mare.domain.unknown import Unknown

LOST = Unknown("Lost", "it is lost")
counts = st.integers(0, 5000)
known_or_not = st.one_of(counts, st.just(LOST))
rules = st.builds(
    ScalingRules,
    stabilization_window_seconds=st.integers(0, 300),
    policies=st.lists(
        st.builds(
            ScalingPolicy, st.sampled_from(PolicyType), st.integers(1, 900), st.integers(1, 60)
        ),
        max_size=2,
    ).map(tuple),
)
targets = st.one_of(
    st.builds(QueueWaitTime, wait_seconds=st.floats(0.1, 60)),
    st.builds(
        QueueWaitTime,
        capacity_per_replica=st.floats(0.01, 1000),
        workers_per_replica=st.integers(1, 50),
    ),
    st.builds(QueueLength, messages_per_replica=st.floats(0.5, 500)),
    st.builds(MessageRate, messages_per_second_per_replica=st.floats(0.1, 500)),
    st.builds(MaximumConcurrency, workers_per_replica=st.integers(1, 50)),
)


@st.composite
def policies(draw):
    low = draw(st.integers(0, 20))
    return Policy(
        min_replicas=low,
        max_replicas=draw(st.integers(max(1, low), 200)),
        targets=tuple(draw(st.lists(targets, min_size=1, max_size=3))),
        behavior=Behavior(scale_up=draw(rules), scale_down=draw(rules)),
        idle_replicas=draw(st.integers(0, low - 1)) if low and draw(st.booleans()) else None,
        cooldown_seconds=draw(st.integers(0, 120)),
        fallback=draw(st.none() | st.builds(Fallback, replicas=st.integers(0, low))),
        paused=draw(st.sampled_from([None, None, Pause.SCALE_IN, Pause.SCALE_OUT])),
    )


@st.composite
def readings(draw, at):
    return QueueReading(
        name="work",
        entries=("work",),
        read_at=at - draw(st.sampled_from([0.0, 0.0, 30.0])),
        ready=draw(known_or_not),
        consumers=draw(st.integers(0, 50)),
        statistics_at=draw(st.sampled_from([LOST, at - 20, at - 3, at])),
        unacknowledged=draw(known_or_not),
        prefetch=draw(st.sampled_from([LOST, 1.0, 4.0, 100.0])),
        published=draw(known_or_not),
        delivered=draw(known_or_not),
        acknowledged=draw(known_or_not),
    )


@st.composite
def queues(draw, at):
    if draw(st.integers(0, 9)) == 0:
        return LOST
    return tuple(draw(st.lists(readings(at), max_size=2)))


@st.composite
def stories(draw):
    """A policy and a few looks, a second or more apart, whose decisions are carried out."""
    policy = draw(policies())
    replicas = draw(st.integers(0, 250))
    now = 1000.0
    history = History.begin(now, replicas)
    for _ in range(draw(st.integers(0, 6))):
        now += draw(st.sampled_from([0.25, 1.0, 5.0, 60.0]))
        observation = Observation(workload=Workload(replicas=replicas), queues=draw(queues(now)))
        decision, history = decide(policy, observation, history, now)
        history = history.scaled(decision.replicas - replicas, now, policy.behavior)
        replicas = decision.replicas
    now += 1.0
    return policy, history, replicas, now


@given(stories(), st.data())
def test_the_count_lies_within_the_bounds_or_at_rest(story, data):
    policy, history, replicas, now = story
    observation = Observation(workload=Workload(replicas=replicas), queues=data.draw(queues(now)))
    count = decide(policy, observation, history, now)[0].replicas
    if policy.paused is None:
        rest = policy.rest_replicas
        at_rest = rest is not None and count <= rest
        assert at_rest or max(1, policy.min_replicas) <= count
        assert count <= policy.max_replicas


@given(stories())
def test_unknown_never_shrinks(story):
    policy, history, replicas, now = story
    observation = Observation(workload=Workload(replicas=replicas), queues=LOST)
    decision, _ = decide(policy, observation, history, now)
    if policy.paused is not Pause.SCALE_OUT:
        assert decision.replicas >= min(replicas, policy.max_replicas)


@given(stories(), st.integers(0, 3000), st.integers(0, 3000))
def test_more_ready_messages_never_give_fewer_replicas(story, ready, more):
    policy, history, replicas, now = story

    def count(ready):
        reading = QueueReading(
            name="work",
            entries=("work",),
            read_at=now,
            ready=ready,
            consumers=3,
            statistics_at=now - 3,
            unacknowledged=5,
            prefetch=4.0,
            published=10_000,
            delivered=10_000,
            acknowledged=10_000,
        )
        observation = Observation(workload=Workload(replicas=replicas), queues=(reading,))
        return decide(policy, observation, history, now)[0].replicas

    assert count(ready + more) >= count(ready)


@given(stories(), st.data())
def test_a_decision_that_was_carried_out_is_not_made_again(story, data):
    policy, history, replicas, now = story
    seen = data.draw(queues(now))
    first, after = decide(
        policy, Observation(workload=Workload(replicas=replicas), queues=seen), history, now
    )
    after = after.scaled(first.replicas - replicas, now, policy.behavior)
    again, _ = decide(
        policy, Observation(workload=Workload(replicas=first.replicas), queues=seen), after, now
    )
    woken = replicas < policy.min_replicas or first.reason == "Woken"
    if not woken:
        assert again.replicas == first.replicas


@given(stories(), st.data())
def test_the_same_look_gives_the_same_decision(story, data):
    policy, history, replicas, now = story
    observation = Observation(workload=Workload(replicas=replicas), queues=data.draw(queues(now)))
    assert decide(policy, observation, history, now) == decide(policy, observation, history, now)


@given(stories(), st.data())
def test_the_ladder_ends_at_the_count_and_the_sentence_names_it(story, data):
    policy, history, replicas, now = story
    observation = Observation(workload=Workload(replicas=replicas), queues=data.draw(queues(now)))
    decision, _ = decide(policy, observation, history, now)
    assert decision.steps[-1].replicas == decision.replicas
    shown = decision.message.split(" replica", 1)[0].split(" → ")[-1]
    assert int(shown) == decision.replicas
    if decision.changes:
        assert decision.message.startswith(f"{decision.current} → ")
    assert replace(decision, steps=()).message == decision.message
