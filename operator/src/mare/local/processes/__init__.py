"""Child processes that are watched, restarted, scaled, and never left behind.

Knows nothing of what the processes do; see :class:`Group`.
"""

from mare.local.processes.backoff import Backoff
from mare.local.processes.group import Group
from mare.local.processes.replica import Command, Events, Replica

__all__ = ["Backoff", "Command", "Events", "Group", "Replica"]
