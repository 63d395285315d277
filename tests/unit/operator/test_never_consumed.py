"""Which queues count as consumed, when a failover takes their consumers away."""

import pytest

from mare.domain.never_consumed import with_consumed
from mare.domain.observation import load_of
from tests.unit.operator.building import missing, reading

JOBS = 5_000


def consumed(*readings, before=frozenset()):
    return with_consumed(load_of(readings), before)


@pytest.mark.parametrize("is_partial", [False, True])
def test_a_queue_for_each_job_makes_what_is_known_no_larger(*, is_partial: bool):
    known = frozenset()
    more = (missing(),) if is_partial else ()
    for number in range(JOBS):
        known = consumed(reading(name="work"), reading(name=f"job-{number}"), *more, before=known)
        assert {("/", "work"), ("/", f"job-{number}")} <= known
    assert len(known) <= (4_001 if is_partial else 110)


def test_a_queue_that_is_gone_for_a_while_has_still_been_consumed():
    known = consumed(reading(name="work"), reading(name="other"))
    known = consumed(reading(name="work"), reading(name="new"), before=known)
    assert known == {("/", "work"), ("/", "other"), ("/", "new")}


def test_queues_of_a_pattern_that_is_unknown_have_still_been_consumed():
    queues = [reading(name=f"work-{number}") for number in range(500)]
    known = consumed(*queues)
    assert consumed(missing("work-*"), reading(name="new"), before=known) == known | {("/", "new")}


def test_names_of_queues_and_virtual_hosts_have_slashes():
    known = consumed(reading(vhost="a/b", name="c"))
    assert len(consumed(reading(vhost="a", name="b/c"), before=known)) == 2
