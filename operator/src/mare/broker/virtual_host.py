"""One virtual host of a broker: its queues by passive declare and by statistics."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import Answer, is_unsupported, not_found
from mare.broker.management import ManagementStatistics
from mare.broker.prometheus import PrometheusStatistics
from mare.broker.queue_depths import QueueDepths
from mare.broker.queue_selection import QueueMatcher, QueueQuery, QueueSelection
from mare.broker.queue_statistics import (
    QueueStatistics,
    Statistics,
    StatisticsPoller,
    StatisticsSource,
)
from mare.broker.quiet_check import QuietCheck
from mare.domain.clause import Clause
from mare.domain.observation import NOT_REPORTED, QueueReading, QueueSample
from mare.domain.unknown import Unknown
from mare.ports import WITHOUT_STATISTICS, Clock
from mare.tenant_scheduler import Tenant

_NO_STATISTICS = Unknown("NoStatistics", "patterns need management-uri or prometheus-uri")
_NOT_REPORTED = QueueStatistics()
_SAMPLED = tuple(each.name for each in fields(QueueSample))
_WITHOUT_AMQP = Clause("lost.amqp")
_WITHOUT_MANAGEMENT = Clause("lost.management")


class VirtualHost:
    """Opens its connections on first use, until `close`."""

    def __init__(
        self,
        parameters: ConnectionParameters,
        clock: Clock,
        statistics_seconds: float,
    ) -> None:
        self._parameters = parameters
        self._clock = clock
        source = _source(parameters)
        self._depths = (
            QueueDepths(parameters, clock, has_statistics=source is not None)
            if parameters.amqp_uri
            else None
        )
        self._poller = (
            StatisticsPoller(source, parameters.vhost, clock, statistics_seconds, parameters.tenant)
            if source
            else None
        )
        management = parameters.management_uri
        self._quiet = QuietCheck(management, parameters, clock) if management else None
        self._matcher = QueueMatcher(clock)
        self._exclusive: tuple[Statistics | None, frozenset[str]] = None, frozenset()

    @property
    def name(self) -> str:
        return self._parameters.vhost

    @property
    def is_refused(self) -> bool:
        """Whether the broker refuses the credentials."""
        sources = (self._depths, self._poller)
        return any(source is not None and source.is_refused for source in sources)

    @property
    def last_two_statistics(self) -> Sequence[Statistics]:
        """The newer one last."""
        return self._poller.last_two if self._poller else ()

    @property
    def _latest(self) -> Statistics | None:
        return self._poller.latest if self._poller else None

    @property
    def names(self) -> Collection[str] | Unknown:
        return self._poller.names if self._poller else _NO_STATISTICS

    @property
    def reports_transient(self) -> bool:
        """Whether the statistics show which queues are deleted with their last consumer."""
        return self._parameters.management_uri is not None and self._latest is not None

    def statistics_of(self, name: str) -> QueueStatistics:
        return self._latest.queues.get(name, _NOT_REPORTED) if self._latest else _NOT_REPORTED

    def missing_sources(self) -> tuple[Clause, ...]:
        """Return what is unknown because a source is not configured or fails."""
        if self._poller is None:
            return (WITHOUT_STATISTICS,)
        found = []
        if self._poller.error is not None:
            found.append(self._poller.error.clause)
        if self._depths is None:
            found.append(_WITHOUT_AMQP)
        if self._parameters.management_uri is None:
            found.append(_WITHOUT_MANAGEMENT)
        return tuple(found)

    async def start_statistics(self) -> None:
        """Start to poll the statistics; wait up to 2 s for the first ones."""
        if self._poller is not None:
            await self._poller.start()

    @property
    def tenant(self) -> Tenant:
        """The namespace that the connections count for."""
        return self._parameters.tenant

    async def select(self, query: QueueQuery, tenant: Tenant) -> QueueSelection | Unknown:
        """Return the queues of a query whose names are known; unknown if it exceeds a limit.

        `tenant` is the namespace of the query.
        """
        names = () if isinstance(self.names, Unknown) else self.names
        return await self._matcher.select(query, names, self._exclusive_queues(), tenant)

    def _exclusive_queues(self) -> frozenset[str]:
        latest = self._latest
        if latest is not self._exclusive[0]:
            queues = latest.queues if latest else {}
            names = frozenset(name for name, queue in queues.items() if queue.exclusive)
            self._exclusive = latest, names
        return self._exclusive[1]

    async def read(
        self, declared: Collection[str], sampled: Collection[str]
    ) -> Mapping[str, QueueReading] | Unknown:
        """Read the `declared` queues now and the `sampled` ones from the last statistics.

        Without AMQP, all queues come from the statistics.
        """
        if self._depths is None:
            if isinstance(self.names, Unknown):
                return self.names
            return {name: self._sampled(name) for name in (*declared, *sampled)}
        depths = await self._depths.read(declared, self._latest)
        if isinstance(depths, Unknown):
            return depths
        readings = {name: self._declared(name, *each) for name, each in depths.items()}
        return {name: self._sampled(name) for name in sampled} | readings

    async def check_quiet(self, names: Collection[str]) -> Unknown | None:
        """Return why a queue may have a message at this moment; None if none has.

        Without the management API this is not known, and the statistics decide alone.
        """
        return await self._quiet.run(names) if self._quiet else None

    def _declared(self, name: str, answer: Answer, at: float) -> QueueReading:
        if is_unsupported(answer) and self._latest is not None:
            return self._sampled(name)
        ready, consumers = (answer, answer) if isinstance(answer, Unknown) else answer
        return self._reading(name, at, ready, consumers)

    def _sampled(self, name: str) -> QueueReading:
        latest = self._latest
        if latest is None:
            why = self.names if isinstance(self.names, Unknown) else NOT_REPORTED
            return self._reading(name, self._clock(), why, why)
        queue = latest.queues.get(name)
        if queue is None:
            return self._reading(name, latest.at, not_found(name), not_found(name))
        return self._reading(name, latest.at, queue.ready, queue.consumers)

    def _reading(
        self, name: str, at: float, ready: int | Unknown, consumers: int | Unknown
    ) -> QueueReading:
        """Return a reading completed with the statistics of its queue."""
        latest = self._latest
        queue = latest.queues.get(name, _NOT_REPORTED) if latest else _NOT_REPORTED
        vhost = self._parameters.vhost
        if queue.stream:
            text = f"{name} is a stream: it keeps its messages after they are acknowledged"
            why = Unknown("QueueIsStream", text, name)
            return QueueReading(name=name, vhost=vhost, read_at=at, ready=why, consumers=why)
        is_sampled = latest is not None and not isinstance(queue.ready, Unknown)
        return QueueReading(
            name=name,
            vhost=vhost,
            entries=(name,),  # `reading_of` replaces them where an object has other ones
            read_at=at,
            ready=ready,
            consumers=consumers,
            statistics_at=latest.at if latest is not None and is_sampled else NOT_REPORTED,
            sampled_after=latest.sampled_after if latest is not None else NOT_REPORTED,
            **{name: getattr(queue, name) for name in _SAMPLED},
        )

    async def close(self) -> None:
        if self._poller is not None:
            await self._poller.close()
        if self._depths is not None:
            await self._depths.close()
        if self._quiet is not None:
            await self._quiet.close()


def _source(parameters: ConnectionParameters) -> StatisticsSource | None:
    if parameters.management_uri is not None:
        return ManagementStatistics(parameters.management_uri, parameters)
    if parameters.prometheus_uri is not None:
        return PrometheusStatistics(parameters.prometheus_uri, parameters)
    return None
