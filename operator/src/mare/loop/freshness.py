"""What a broker told, with what is too old made unknown: a source that fails goes on telling it."""

from dataclasses import replace

from mare.domain.clause import Clause
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading


def fresh(seen: BrokerReading, now: float, staleness_seconds: int) -> BrokerReading:
    """The same, for people as for decisions: nobody is shown a depth that nobody goes by."""
    if isinstance(seen.queues, Unknown) or not seen.queues:
        return seen
    if now - min(each.read_at for each in seen.queues) > staleness_seconds:
        why = Unknown("Stale", f"the last reading is older than {staleness_seconds} s")
        return replace(seen, queues=why)
    counted = [at for each in seen.queues if not isinstance(at := each.statistics_at, Unknown)]
    if counted and now - min(counted) > staleness_seconds:
        text = f"the last statistics are older than {staleness_seconds} s"
        return replace(
            seen, lost=(*seen.lost, Clause("lost.stale", text, seconds=staleness_seconds))
        )
    return seen
