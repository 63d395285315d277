"""One virtual host of one broker: what is fresh and what is renewed every few seconds, together."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.management import ManagementStatistics
from mare.broker.passive_declare import Answer, is_unaskable, not_found
from mare.broker.prometheus import PrometheusStatistics
from mare.broker.queue_depths import QueueDepths
from mare.broker.queue_matcher import QueueMatcher
from mare.broker.queue_names import QueueQuery
from mare.broker.queue_statistics import QueueStatistics, Statistics, StatisticsSource
from mare.broker.statistics_poller import StatisticsPoller
from mare.domain.clause import Clause
from mare.domain.observation import NOT_REPORTED, QueueReading
from mare.domain.unknown import Unknown
from mare.ports import Clock

_UNTOLD = QueueStatistics()
_WITHOUT_STATISTICS = Clause(
    "lost.statistics",
    "without management-uri and prometheus-uri, unacknowledged and rates are unknown",
)
_WITHOUT_AMQP = Clause("lost.amqp", "without amqp-uri, depths are as old as the statistics")
_WITHOUT_MANAGEMENT = Clause(
    "lost.management", "without management-uri, prefetch and busy replicas are unknown"
)


class VirtualHost:
    """Opens its connections when they are needed; close it when nobody refers to it any more."""

    def __init__(
        self, access: ConnectionParameters, clock: Clock, statistics_seconds: float
    ) -> None:
        self._access = access
        self._clock = clock
        source = _source(access)
        self._declarations = (
            QueueDepths(access, clock, has_statistics=source is not None)
            if access.amqp_uri
            else None
        )
        self._following = (
            StatisticsPoller(source, access.vhost, clock, statistics_seconds) if source else None
        )
        self._finding = QueueMatcher()

    @property
    def name(self) -> str:
        return self._access.vhost

    @property
    def refused(self) -> bool:
        """Whether the broker does not let us in: then the Secret may have been changed."""
        sources = (self._declarations, self._following)
        return any(source is not None and source.refused for source in sources)

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
    def names(self) -> Collection[str] | Unknown:
        """The queues that exist, as of the last statistics."""
        if self._following is None:
            return Unknown("NoStatistics", "patterns need management-uri or prometheus-uri")
        return self._following.names

    @property
    def tells_transient(self) -> bool:
        """Whether it is known which queues vanish with their last consumer."""
        return self._access.management_uri is not None and self._latest is not None

    def queues_of(self, wanted: QueueQuery) -> Mapping[str, tuple[str, ...]]:
        """The queues that are asked for, as far as names are known, each with why it is one."""
        return self._finding.of(wanted, () if isinstance(self.names, Unknown) else self.names)

    def lost(self) -> tuple[Clause, ...]:
        """What cannot be known for want of a source, or while one fails."""
        if self._following is None:
            return (_WITHOUT_STATISTICS,)
        found = []
        if self._following.error is not None:
            found.append(self._following.error.clause)
        if self._declarations is None:
            found.append(_WITHOUT_AMQP)
        if self._access.management_uri is None:
            found.append(_WITHOUT_MANAGEMENT)
        return tuple(found)

    async def follow(self) -> None:
        """Have the statistics renewed from now on; wait for the first ones, but not for long."""
        if self._following is not None:
            await self._following.begin()

    async def read(
        self, names: Collection[str], others: Collection[str]
    ) -> Mapping[str, QueueReading] | Unknown:
        """Look at queues now, and at `others` as the last statistics tell them."""
        if self._declarations is None:
            if isinstance(self.names, Unknown):
                return self.names
            return {name: self._told(name) for name in (*names, *others)}
        believed = await self._declarations.read(names, self._latest)
        if isinstance(believed, Unknown):
            return believed
        declared = {name: self._declared(name, *each) for name, each in believed.items()}
        return {name: self._told(name) for name in others} | declared

    def _declared(self, name: str, answer: Answer, at: float) -> QueueReading:
        if is_unaskable(answer) and self._latest is not None:
            return self._told(name)
        ready, consumers = (answer, answer) if isinstance(answer, Unknown) else answer
        return self._reading(name, at, ready, consumers)

    def _told(self, name: str) -> QueueReading:
        """What the last statistics tell, as old as they are."""
        at, queues = (self._latest.at, self._latest.queues) if self._latest else (0.0, {})
        missing = not_found(name)
        known = queues.get(name, QueueStatistics(ready=missing, consumers=missing))
        return self._reading(name, at, known.ready, known.consumers)

    def _reading(
        self, name: str, at: float, ready: int | Unknown, consumers: int | Unknown
    ) -> QueueReading:
        bare = QueueReading(
            name=name, vhost=self._access.vhost, read_at=at, ready=ready, consumers=consumers
        )
        return _join(bare, self._latest)

    async def close(self) -> None:
        if self._following is not None:
            await self._following.close()
        if self._declarations is not None:
            await self._declarations.close()


def _source(access: ConnectionParameters) -> StatisticsSource | None:
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
