"""Which numbers of messages `mare explain` and the dashboard name as the next changes."""

import pytest

from mare.domain.unknown import Unknown
from tests.unit.operator_loop.test_explain_command import NO_WINDOW, explain, stored

UP, DOWN = "scales up at 111 messages", "scales down at 89 messages or fewer"
DISABLED = {"selectPolicy": "Disabled"}
ALWAYS = {"start": "* * * * *", "end": "0 0 29 2 *", "minReplicas": 10}


def without_statistics(world):
    world.brokers.unacknowledged = Unknown("NotReported", "the statistics are not read")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ready": 95}, {UP, DOWN}),
        ({"ready": 95, "paused": "ScaleIn"}, {UP}),
        ({"ready": 95, "paused": "ScaleOut"}, {DOWN}),
        ({"ready": 95, "behavior": {"scaleUp": DISABLED}}, {DOWN}),
        ({"ready": 95, "behavior": {"scaleDown": DISABLED}}, {UP}),
        ({"ready": 95, "prepare": without_statistics}, {UP}),
        ({"ready": 195, "behavior": {"scaleUp": DISABLED}}, {DOWN}),
        ({"ready": 40, "ticks": 3}, {UP, "can scale down in 360 s"}),
        ({"ready": 40, "schedules": [ALWAYS], "behavior": NO_WINDOW}, {UP}),
    ],
)
def test_a_number_of_messages_is_named_only_where_it_would_change_the_count(given, named):
    """With 40 messages a scheduled minimum "scales down at 89 messages or fewer"."""
    lines = explain(stored(**given)).output.splitlines()
    assert {each[len("Next: ") : -1] for each in lines if each.startswith("Next:")} == named


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"ready": 40, "ticks": 3}, "False", "DesiredWithinRange"),
        ({"ready": 40, "schedules": [ALWAYS], "behavior": NO_WINDOW}, "True", "Scheduled"),
        ({"ready": 5, "minReplicas": 3, "behavior": NO_WINDOW}, "True", "TooFewReplicas"),
    ],
)
def test_the_condition_of_a_limit_contradicts_no_decision(given, status, reason):
    """ "No limit applies" stood beside a count that a window or a schedule kept."""
    conditions = {each["type"]: each for each in stored(**given)["status"]["conditions"]}
    limited = conditions["ScalingLimited"]
    assert (limited["status"], limited["reason"]) == (status, reason)
    assert "No limit" not in limited["message"]
