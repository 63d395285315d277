"""Timelines of the pure core: what a breaker lets through, and when."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mare_services.upstream import breaker
from mare_services.upstream.breaker import Breaker, Failure, Permission

PROVEN = Breaker(proven=True)
gradual = st.sampled_from([Failure.TIMED_OUT, Failure.FAILED])
any_failure = st.sampled_from(Failure)


def fails(state, failure, now, *, trial=False, retry_after=None):
    later = replace(state)
    later.fail(failure, now, trial=trial, retry_after=retry_after)
    return later


def trial_fails(state, failure, now):
    assert state.permission(now) is Permission.TRY
    state.begin_trial(now)
    return fails(state, failure, now, trial=True)


@given(failure=any_failure)
def test_an_upstream_that_never_answered_has_no_credit(failure):
    state = fails(Breaker(), failure, 0)

    assert state.permission(0.1) is Permission.REFRAIN


@given(failure=gradual)
def test_a_proven_upstream_may_fail_twice_in_a_row_but_not_three_times(failure):
    twice = fails(fails(PROVEN, failure, 0), failure, 1)
    thrice = fails(twice, failure, 2)

    assert twice.permission(2) is Permission.CALL
    assert thrice.permission(2) is Permission.REFRAIN


def test_unreachable_refused_and_limited_open_at_once_even_a_proven_upstream():
    for failure in (Failure.UNREACHABLE, Failure.REFUSED, Failure.LIMITED):
        assert fails(PROVEN, failure, 0).permission(0) is Permission.REFRAIN


def test_a_trial_is_due_after_five_seconds_and_only_one_at_a_time():
    state = fails(PROVEN, Failure.UNREACHABLE, 100)

    assert state.permission(104.9) is Permission.REFRAIN
    assert state.permission(105) is Permission.TRY

    state.begin_trial(105)
    assert state.permission(105) is Permission.REFRAIN
    assert state.permission(114.9) is Permission.REFRAIN
    assert state.permission(115) is Permission.TRY, "a trial that vanished is repeated"


def test_open_times_double_up_to_five_minutes():
    now, state, openings = 0.0, fails(PROVEN, Failure.UNREACHABLE, 0.0), []
    for _ in range(9):
        openings.append(state.open_until - now)
        now = state.open_until
        state = trial_fails(state, Failure.UNREACHABLE, now)

    assert openings == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_an_answer_forgives_everything():
    state = trial_fails(fails(PROVEN, Failure.UNREACHABLE, 0), Failure.FAILED, 5)

    assert state.openings == 2
    state.succeed()
    assert state == PROVEN


def test_a_bad_key_does_not_heal_by_itself():
    assert fails(PROVEN, Failure.REFUSED, 0).open_until == breaker.LONGEST_OPENING


def test_a_rate_limit_is_kept_to_the_second_for_up_to_a_day():
    assert fails(PROVEN, Failure.LIMITED, 10, retry_after=3.0).open_until == 13
    assert fails(PROVEN, Failure.LIMITED, 10, retry_after=86_400.0).open_until == 86_410
    assert fails(PROVEN, Failure.LIMITED, 10).open_until == 70


def test_calls_that_were_under_way_prolong_nothing():
    opened = fails(PROVEN, Failure.UNREACHABLE, 0)

    assert fails(opened, Failure.UNREACHABLE, 1) == opened
    assert fails(opened, Failure.TIMED_OUT, 6) == opened


def test_a_rate_limit_learnt_late_is_still_kept():
    opened = fails(PROVEN, Failure.UNREACHABLE, 0)

    assert fails(opened, Failure.LIMITED, 1, retry_after=100.0).open_until == 101
    assert fails(opened, Failure.LIMITED, 1, retry_after=1.0).open_until == opened.open_until


@given(st.lists(any_failure, min_size=1, max_size=60))
def test_the_next_trial_follows_within_five_minutes_of_any_failure(timeline):
    state = Breaker()
    for now, failure in enumerate(timeline):
        state = fails(state, failure, float(now), trial=now % 2 == 1)

    later = len(timeline) + breaker.LONGEST_OPENING
    assert state.permission(later) is Permission.TRY
