"""How long a process may take to end."""

from mare_nameko.service.runner import ENDING_SECONDS, KILL_SECONDS

GRACE_SECONDS = 5
"""What the chart adds to RUNTIME_SHUTDOWN_SECONDS before Kubernetes kills."""


def test_the_traceback_of_a_stuck_process_comes_after_all_limits_and_before_sigkill():
    assert 2 * KILL_SECONDS < ENDING_SECONDS < GRACE_SECONDS
