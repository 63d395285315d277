"""One virtual host of one broker: what is fresh and what is renewed every few seconds, together."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from mare.broker.access import Access
from mare.broker.depths import Depth, Depths
from mare.broker.figures import QueueStatistics, Statistics, StatisticsSource
from mare.broker.following import Following
from mare.broker.management import ManagementStatistics
from mare.broker.pauses import Pauses
from mare.broker.prometheus import PrometheusStatistics
from mare.broker.silence import Silences
from mare.domain.clause import Clause
from mare.domain.observation import NOT_REPORTED, QueueReading
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Clock

_READ_SECONDS = 2.0
_EACH_SECONDS = 0.002
"""Time that a declaration may take beyond that, ten times what it takes."""
_CONNECTION = ""
"""What pauses when the connection breaks; no queue is called that."""
_UNTOLD = QueueStatistics()
_WITHOUT_STATISTICS = Clause(
    "lost.statistics",
    "without management-uri and prometheus-uri, unacknowledged and rates are unknown",
)
_WITHOUT_AMQP = Clause("lost.amqp", "without amqp-uri, depths are as old as the statistics")
_WITHOUT_MANAGEMENT = Clause(
    "lost.management", "without management-uri, prefetch and busy replicas are unknown"
)
_log = logging.getLogger(__name__)


class VirtualHost:
    """Opens its connections when they are needed; close it when nobody refers to it any more."""

    def __init__(self, access: Access, clock: Clock, statistics_seconds: float) -> None:
        self._access = access
        self._clock = clock
        self._depths = Depths(access) if access.amqp_uri else None
        source = _source(access)
        self._following = (
            Following(source, access.vhost, clock, statistics_seconds) if source else None
        )
        self._silences = Silences(has_statistics=source is not None)
        self._pauses = Pauses()
        self._refused = False

    @property
    def refused(self) -> bool:
        """Whether the broker does not let us in: then the Secret may have been changed."""
        return self._refused or (self._following is not None and self._following.refused)

    @property
    def statistics(self) -> tuple[Statistics, ...]:
        """The last two, the newer one last."""
        return self._following.last_two if self._following else ()

    def statistics_of(self, name: str) -> QueueStatistics:
        """What the last of them tell of a queue."""
        return self._latest.queues.get(name, _UNTOLD) if self._latest else _UNTOLD

    @property
    def _latest(self) -> Statistics | None:
        return self._following.latest if self._following else None

    @property
    def names(self) -> Iterable[str] | Unknown:
        """The queues that exist, as of the last statistics."""
        if self._following is None:
            return Unknown("NoStatistics", "patterns need management-uri or prometheus-uri")
        return self._following.names

    def lost(self) -> tuple[Clause, ...]:
        """What cannot be known for want of a source, or while one fails."""
        if self._following is None:
            return (_WITHOUT_STATISTICS,)
        found = []
        if self._following.error is not None:
            found.append(self._following.error.clause)
        if self._depths is None:
            found.append(_WITHOUT_AMQP)
        if self._access.management_uri is None:
            found.append(_WITHOUT_MANAGEMENT)
        return tuple(found)

    async def follow(self) -> None:
        """Have the statistics renewed from now on; wait for the first ones, but not for long."""
        if self._following is not None:
            await self._following.begin()

    async def read(self, names: Iterable[str]) -> Mapping[str, QueueReading] | Unknown:
        """Look at queues now."""
        if self._depths is None:
            return self._by_statistics(names)
        return await self._by_declaration(self._depths, names, self._clock())

    async def _by_declaration(
        self, depths: Depths, names: Iterable[str], now: float
    ) -> Mapping[str, QueueReading] | Unknown:
        if (broken := self._pauses.why(_CONNECTION, now)) is not None:
            return broken
        pausing = {name: self._pauses.why(name, now) for name in names}
        results: dict[str, Depth | Unknown] = {n: why for n, why in pausing.items() if why}
        wanted = [name for name, why in pausing.items() if not why]
        try:
            await depths.read(wanted, results, _READ_SECONDS + len(wanted) * _EACH_SECONDS)
        except AccessRefused as error:
            self._refused = True
            return self._pauses.missed(_CONNECTION, Unknown("AccessRefused", str(error)), now)
        except OSError as error:
            _log.warning("Broker is not reached", extra={"error": str(error)})
            why = Unknown("BrokerUnreachable", "the broker does not answer")
            return self._pauses.missed(_CONNECTION, why, now)
        self._pauses.found(_CONNECTION)
        self._refused = False
        for name in wanted:
            result = results[name]
            if isinstance(result, Unknown):
                self._pauses.missed(name, result, now)
            else:
                self._pauses.found(name)
        return {name: self._reading(name, result, now) for name, result in results.items()}

    def _reading(self, name: str, depth: Depth | Unknown, now: float) -> QueueReading:
        depth, at = self._silences.believed(name, depth, self._latest, now)
        ready, consumers = (depth, depth) if isinstance(depth, Unknown) else depth
        bare = QueueReading(
            name=name, vhost=self._access.vhost, read_at=at, ready=ready, consumers=consumers
        )
        return _join(bare, self._latest)

    def _by_statistics(self, names: Iterable[str]) -> Mapping[str, QueueReading] | Unknown:
        if isinstance(self.names, Unknown):
            return self.names
        latest = self.statistics[-1]
        readings = {}
        for name in names:
            missing = Unknown("QueueNotFound", f"queue {name} does not exist", name)
            known = latest.queues.get(name, QueueStatistics(ready=missing, consumers=missing))
            bare = QueueReading(
                name=name,
                vhost=self._access.vhost,
                read_at=latest.at,
                ready=known.ready,
                consumers=known.consumers,
            )
            readings[name] = _join(bare, latest)
        return readings

    async def close(self) -> None:
        if self._following is not None:
            await self._following.close()
        if self._depths is not None:
            await self._depths.close()


def _source(access: Access) -> StatisticsSource | None:
    if access.management_uri is not None:
        return ManagementStatistics(access.management_uri, access)
    if access.prometheus_uri is not None:
        return PrometheusStatistics(access.prometheus_uri, access)
    return None


def _join(bare: QueueReading, latest: Statistics | None) -> QueueReading:
    """A reading with what the statistics tell of its queue."""
    known = latest.queues.get(bare.name) if latest else None
    if latest is None or known is None:
        return bare
    if known.stream:
        text = f"{bare.name} is a stream, which keeps its messages whoever has read them"
        unknown = Unknown("QueueIsStream", text, bare.name)
        return replace(bare, ready=unknown, consumers=unknown)
    return replace(
        bare,
        statistics_at=NOT_REPORTED if isinstance(known.ready, Unknown) else latest.at,
        unacknowledged=known.unacknowledged,
        prefetch=known.prefetch,
        published=known.published,
        delivered=known.delivered,
        acknowledged=known.acknowledged,
    )
