"""How long a process may take to end."""

from mare_nameko.service.runner import ENDING_SECONDS, KILL_SECONDS

GRACE_SECONDS = 5
"""What the chart adds to RUNTIME_SHUTDOWN_SECONDS before Kubernetes kills."""


def test_a_stuck_process_tells_where_it_stands_before_it_is_killed_and_an_orderly_end_fits_in():
    assert 2 * KILL_SECONDS < ENDING_SECONDS < GRACE_SECONDS
