"""How soon an operator that runs already reacts, at the latest."""

from collections.abc import Callable

from tests.vhost import eventually

AT_MOST = 15.0
"""Seconds for a change of replicas, which takes 0.3 s on an idle machine, after a takeover 5."""


def promptly(condition: Callable[[], object]) -> None:
    """Wait until ``condition`` is true, as long as a reaction may take on a busy machine."""
    eventually(condition, AT_MOST)
