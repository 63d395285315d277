"""Child processes that are watched, restarted, scaled, and never left behind.

Knows nothing of what the processes do; see :class:`Group`.
"""

from mare.processes.backoff import Backoff
from mare.processes.group import Group
from mare.processes.replica import Command, Events, Replica

__all__ = ["Backoff", "Command", "Events", "Group", "Replica"]
