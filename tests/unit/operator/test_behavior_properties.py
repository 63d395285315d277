"""What has to hold for every behavior, whatever was wished and done before."""

from hypothesis import given
from hypothesis import strategies as st

from mare.domain.behavior import Recommendation, apply_behavior
from mare.domain.scale_events import ScaleEvent
from mare.domain.spec import Behavior, PolicyType, ScalingPolicy, ScalingRules, SelectPolicy

policies = st.builds(
    ScalingPolicy,
    st.sampled_from(PolicyType),
    st.integers(1, 1000),
    st.integers(1, 1800),
)
rules = st.builds(
    ScalingRules,
    stabilization_window_seconds=st.integers(0, 600),
    select_policy=st.sampled_from(SelectPolicy),
    policies=st.lists(policies, max_size=3).map(tuple),
)
behaviors = st.builds(Behavior, scale_up=rules, scale_down=rules)
counts = st.integers(0, 300)
ages = st.floats(0, 2000)
pasts = st.lists(st.builds(lambda age, n: (age, n), ages, counts), max_size=8)
changes = st.lists(st.builds(lambda age, n: (age, n), ages, st.integers(-50, 50)), max_size=8)
NOW = 5000.0


def recommended(past):
    ordered = sorted(past, key=lambda entry: -entry[0])
    return tuple(Recommendation(NOW - age, count) for age, count in ordered)


def happened(past):
    return tuple(ScaleEvent(NOW - age, change) for age, change in past)


@st.composite
def steps(draw):
    low = draw(st.integers(1, 50))
    return {
        "behavior": draw(behaviors),
        "min_replicas": low,
        "max_replicas": draw(st.integers(low, 300)),
        "current": draw(counts),
        "desired": draw(counts),
        "recommendations": recommended(draw(pasts)),
        "events": happened(draw(changes)),
        "now": NOW,
    }


@given(steps())
def test_the_outcome_lies_within_the_bounds(step):
    outcome = apply_behavior(**step)
    assert step["min_replicas"] <= outcome.replicas <= step["max_replicas"]


@given(steps())
def test_it_never_moves_against_the_desired_count(step):
    outcome = apply_behavior(**step)
    if step["min_replicas"] <= step["current"] <= step["max_replicas"]:
        low, high = sorted((step["current"], step["desired"]))
        clamped = min(max(outcome.replicas, low), high)
        bounded = min(max(clamped, step["min_replicas"]), step["max_replicas"])
        assert outcome.replicas == bounded


@given(steps())
def test_it_never_scales_below_a_recommendation_within_the_window(step):
    outcome = apply_behavior(**step)
    window = step["behavior"].scale_down.stabilization_window_seconds
    young = [r.replicas for r in step["recommendations"] if r.time > NOW - window]
    inside = step["min_replicas"] <= step["current"] <= step["max_replicas"]
    if inside and outcome.replicas < step["current"]:
        assert outcome.replicas >= min(max([*young, step["desired"]]), step["current"])


@given(steps())
def test_a_step_that_was_carried_out_is_not_taken_again(step):
    outcome = apply_behavior(**step)
    change = outcome.replicas - step["current"]
    again = apply_behavior(
        **{
            **step,
            "current": outcome.replicas,
            "recommendations": outcome.recommendations,
            "events": (*step["events"], ScaleEvent(NOW, change)),
        }
    )
    if step["min_replicas"] <= step["current"] <= step["max_replicas"]:
        assert again.replicas == outcome.replicas


@given(steps(), counts)
def test_a_larger_desired_count_never_gives_fewer_replicas(step, more):
    larger = apply_behavior(**{**step, "desired": step["desired"] + more})
    assert larger.replicas >= apply_behavior(**step).replicas


@given(behaviors, st.lists(st.tuples(st.floats(0.25, 40), counts), min_size=1, max_size=40))
def test_forgetting_what_no_window_needs_changes_no_outcome(behavior, proposals):
    everything: tuple[Recommendation, ...] = ()
    kept: tuple[Recommendation, ...] = ()
    now, current = 0.0, 20
    for passed, desired in proposals:
        now += passed
        step = {
            "min_replicas": 1,
            "max_replicas": 300,
            "current": current,
            "desired": desired,
            "events": (),
            "now": now,
        }
        full = apply_behavior(behavior, recommendations=everything, **step)
        short = apply_behavior(behavior, recommendations=kept, **step)
        assert short.replicas == full.replicas
        assert short.stabilization is full.stabilization
        everything = (*everything, Recommendation(now, desired))
        kept, current = short.recommendations, short.replicas
