"""A read-only page over a `Record`, over HTTP and Server-Sent Events.

`served` is the entry point. The page itself is in page/.
"""

from mare.dashboard.operator_status import Leader
from mare.dashboard.server import served
from mare.dashboard.streams import Limits

__all__ = ["Leader", "Limits", "served"]
