"""Child processes: started, restarted when they end, scaled, and never left behind.

The package does not know what the processes do. `Group` is the entry point.
"""

from mare.processes.group import Group
from mare.processes.replica import Command, Events, Replica

__all__ = ["Command", "Events", "Group", "Replica"]
