"""A read-only page over a `Record`: GET and Server-Sent Events, nothing else.

`served` serves it; `snapshot` is what every visitor sees, made once a second for all of them;
`summary` and `detail` are one object, `chart` its past. The page itself lies in page/.
"""

from mare.dashboard.leader import Leader, alone
from mare.dashboard.server import served
from mare.dashboard.streams import Limits

__all__ = ["Leader", "Limits", "alone", "served"]
