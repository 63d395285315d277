"""What has to hold for every decision."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mare.domain.decide import decide
from mare.domain.history import History
from mare.domain.observation import Observation, QueueReading, Workload
from mare.domain.reason import Reason
from mare.domain.spec import (
    Behavior,
    ExpectedQueueConsumptionTime,
    Fallback,
    MaximumConcurrency,
    MessageRate,
    Pause,
    PolicyType,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingPolicy,
    ScalingRules,
    ScalingSpec,
)
from mare.domain.unknown import Unknown
from tests.unit.operator.building import Timeline, reading

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
    st.builds(
        QueueLength,
        messages_per_replica=st.floats(0.5, 500),
        exclude_unacknowledged=st.just(True),
        queues=st.sampled_from([("work",), ("work", "mail"), ("absent",)]),
    ),
    st.builds(MaximumConcurrency, workers_per_replica=st.none() | st.integers(1, 50)),
    st.builds(PublishedToDeliveredRatio, ratio=st.floats(0.5, 2)),
    st.builds(
        ExpectedQueueConsumptionTime,
        consumption_seconds=st.floats(0.1, 600),
        capacity_per_replica=st.none() | st.floats(0.01, 1000),
    ),
)


@st.composite
def specs(draw):
    low = draw(st.integers(0, 20))
    return ScalingSpec(
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
def readings(draw, at, name="work"):
    return QueueReading(
        name=name,
        vhost=draw(st.sampled_from(["/", "other"])),
        entries=(name,),
        read_at=at - draw(st.sampled_from([0.0, 0.0, 30.0])),
        ready=draw(known_or_not),
        consumers=draw(st.integers(0, 50) | st.just(LOST)),
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
    names = draw(st.sampled_from([(), ("work",), ("work", "mail")]))
    return tuple(draw(readings(at, name)) for name in names)


@st.composite
def observations(draw, replicas, at):
    at_most = st.integers(0, replicas) | st.just(LOST)
    workload = Workload(replicas=replicas, ready=draw(at_most), idle=draw(at_most))
    return Observation(workload=workload, queues=draw(queues(at)))


@st.composite
def runs(draw):
    """A spec, and the history after up to six readings whose decisions were carried out."""
    spec = draw(specs())
    replicas = draw(st.integers(0, 250))
    now = 1000.0
    history = History.begin(now, replicas)
    for _ in range(draw(st.integers(0, 6))):
        now += draw(st.sampled_from([0.25, 1.0, 5.0, 60.0]))
        observation = draw(observations(replicas, now))
        decision, history = decide(spec, observation, history, now)
        history = history.record_scaling(decision.replicas - replicas, now, spec.behavior)
        replicas = decision.replicas
    now += 1.0
    return spec, history, replicas, now


@given(runs(), st.data())
def test_the_count_is_within_the_bounds_or_idle(run, data):
    spec, history, replicas, now = run
    observation = data.draw(observations(replicas, now))
    decision, _ = decide(spec, observation, history, now)
    count = decision.replicas
    if spec.paused is None and decision.reason is not Reason.SCALING_DISABLED:
        idle_replicas = spec.effective_idle_replicas
        is_idle = idle_replicas is not None and count <= idle_replicas
        assert is_idle or max(1, spec.min_replicas) <= count
        assert count <= spec.max_replicas


@given(runs())
def test_unknown_queues_never_cause_scale_down(run):
    spec, history, replicas, now = run
    observation = Observation(workload=Workload(replicas=replicas), queues=LOST)
    decision, _ = decide(spec, observation, history, now)
    if spec.paused is not Pause.SCALE_OUT:
        assert decision.replicas >= min(replicas, spec.max_replicas)


@given(runs(), st.integers(0, 3000), st.integers(0, 3000))
def test_more_ready_messages_never_give_fewer_replicas(run, ready, more):
    spec, history, replicas, now = run

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
        return decide(spec, observation, history, now)[0].replicas

    assert count(ready + more) >= count(ready)


@given(runs(), st.data())
def test_a_decision_that_was_carried_out_is_not_made_again(run, data):
    spec, history, replicas, now = run
    observation = data.draw(observations(replicas, now))
    first, after = decide(spec, observation, history, now)
    after = after.record_scaling(first.replicas - replicas, now, spec.behavior)
    workload = replace(observation.workload, replicas=first.replicas)
    again, _ = decide(spec, replace(observation, workload=workload), after, now)
    activated = replicas < spec.min_replicas or first.reason == "Activated"
    becomes_idle_from_the_smallest_count = again.reason == "ScaledToIdle"
    if not (activated or becomes_idle_from_the_smallest_count):
        assert again.replicas == first.replicas


@given(runs(), st.data())
def test_the_same_reading_gives_the_same_decision(run, data):
    spec, history, replicas, now = run
    observation = data.draw(observations(replicas, now))
    assert decide(spec, observation, history, now) == decide(spec, observation, history, now)


@given(runs(), st.data())
def test_the_trace_ends_at_the_count_and_the_sentence_begins_with_it(run, data):
    spec, history, replicas, now = run
    observation = data.draw(observations(replicas, now))
    decision, _ = decide(spec, observation, history, now)
    assert decision.steps[-1].replicas == decision.replicas
    head = f"{decision.current} → {decision.replicas} replicas: "
    kept = f"Kept at {decision.replicas}: "
    assert decision.message.startswith(head if decision.changes else kept)
    assert replace(decision, steps=()).message == decision.message


load_periods = st.fixed_dictionaries(
    {
        "readings": st.integers(1, 5),
        "done": st.sampled_from([0, 1, 40, 4000]),
        "ready": st.sampled_from([0, 1, 5000]),
        "unacknowledged": st.sampled_from([0, 8, 5000]),
        "consumers": st.sampled_from([0, 1, 2, 60]),
        "prefetch": st.sampled_from([LOST, 1.0, 4.0]),
        "ready_replicas": st.sampled_from([LOST, 0, 1, 60]),
    }
)
"""A period of constant load: a reading every 5 s, with acknowledgements in between."""


@given(specs(), st.integers(0, 60), st.lists(load_periods, min_size=1, max_size=3))
def test_every_observation_leads_to_a_decision(spec, replicas, periods):
    time, done = Timeline(spec, replicas, at=1000.0), 0
    for period in periods:
        for _ in range(period["readings"]):
            time.now += 5
            done += period["done"]
            fresh = reading(
                period["ready"],
                period["unacknowledged"],
                at=time.now,
                consumers=period["consumers"],
                prefetch=period["prefetch"],
                published=done,
                delivered=done,
                acknowledged=done,
            )
            time.read(fresh, ready=period["ready_replicas"])


@given(runs(), st.sampled_from([LOST, None]), st.lists(st.sampled_from([0.25, 1, 60])))
def test_no_scale_down_before_window_and_cooldown_have_passed_again(run, lost, steps):
    """After the broker was unreachable, or while `paused: All` ignored the queues."""
    spec, history, replicas, now = run
    time = Timeline(spec, replicas, at=now)
    time.history = history
    time.spec = replace(spec, paused=None if lost else Pause.ALL)
    for step in (1, *steps):
        time.now += step
        time.read(queues=lost or (reading(at=time.now),))
    time.spec = replace(spec, paused=None)
    held, since = time.replicas, time.now
    window = spec.behavior.scale_down.stabilization_window_seconds
    for step in (0.5, 0.5, 4, 10, 45, 60, 120):
        time.now += step
        decision = time.decide()
        scales_down = decision.replicas < decision.current
        becomes_idle = decision.reason == "ScaledToIdle"
        if time.now - since < spec.cooldown_seconds:
            assert not becomes_idle
        if time.now - since < window and held <= spec.max_replicas:
            assert becomes_idle or not scales_down
