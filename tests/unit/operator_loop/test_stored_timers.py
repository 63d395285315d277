"""What a new leader reads of the timers and Jobs in a status."""

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.job_status import read_failures
from mare.custom_resource.status_values import instant, read_scale_event, scale_event
from mare.custom_resource.stored_timers import read_timers
from mare.domain.scale_events import ScaleEvent
from tests.unit.operator_loop.job_api import job_body


def test_of_too_many_changes_the_newest_are_read():
    texts = [f"{instant(1_000.0 + number)} +1" for number in range(40)]
    events = read_timers({"timers": {"scaleEvents": texts}}, 0.0).events
    assert [event.time for event in events] == [1_000.0 + number for number in range(8, 40)]


@pytest.mark.parametrize(
    ("decision", "allowed"),
    [
        ({"to": 0, "reason": "IdleAfterCooldown"}, True),
        ({"to": 0, "reason": "ScalingDisabled"}, False),
        ({"to": 1, "reason": "IdleAfterCooldown"}, False),
        ({}, False),
    ],
)
def test_a_count_of_zero_that_a_user_had_set_is_no_decision(decision, allowed):
    """A new leader would scale a workload up whose scaling a user had disabled."""
    assert read_timers({"lastDecision": decision}, 0.0).allowed_zero is allowed


def test_failed_jobs_without_the_time_of_the_last_one_delay_nothing():
    stored = {"failuresInTurn": 5}
    assert read_failures({"jobs": stored}).in_turn == 0
    last = {"lastFailureTime": "2026-11-01T10:00:00Z"}
    assert read_failures({"jobs": stored | last}).in_turn == 5


@pytest.mark.parametrize(
    ("earliest", "text", "read"),
    [
        (1_000.0, "1970-01-01T00:16:40Z +2", 999.0),
        (999.2, "1970-01-01T00:16:40Z +2", 999.0),
        (990.0, "1970-01-01T00:16:40Z +2 or earlier", float("-inf")),
    ],
)
def test_a_change_whose_time_is_known_to_a_second_is_stored_as_exact(earliest, text, read):
    stored = scale_event(ScaleEvent(1_000.0, 2, earliest), 0.0)
    assert stored == text
    assert read_scale_event(stored, 0.0) == ScaleEvent(1_000.0, 2, read)


def test_an_object_that_creates_jobs_restores_no_replicas():
    assert not read_autoscaler(job_body(onDelete="Restore")).restores_replicas
