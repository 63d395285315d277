"""All brokers, addressed by Secrets. Objects whose Secrets are equal share connections."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.networks import BrokerNetworks
from mare.broker.object_reading import (
    TransientQueues,
    host_of,
    merge_readings,
    reading_of,
)
from mare.broker.queue_selection import (
    MAX_DECLARED,
    MAX_QUEUES_OF_OBJECT,
    TOO_MANY_QUEUES,
    QueueQuery,
    QueueSelection,
    queries_of,
)
from mare.broker.quiet_check import main_reason
from mare.broker.secret_cache import SecretCache, Secrets
from mare.broker.virtual_host import VirtualHost
from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Clock
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import BROKER_READS, VIRTUAL_HOSTS, TenantScheduler

_ROUND_SECONDS = 10.0
"""A virtual host that does not answer takes 7 s, after which its connection backs off."""
_LARGE = 200
"""Queues of an object from which on other tasks run before it: 2,000 take 5 ms."""
_log = logging.getLogger(__name__)
_TOO_SLOW = Unknown("BrokerUnreachable", "the broker does not answer in time")


class SecretBrokers:
    """Implements `mare.ports.Brokers`.

    `replica_at` names the replica of a consumer at HOST:PORT.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        *,
        statistics_seconds: float,
        secret_seconds: float,
        networks: BrokerNetworks,
        replica_at: Callable[[str], str] = host_of,
        scheduler: TenantScheduler | None = None,
    ) -> None:
        self._scheduler = scheduler or TenantScheduler()
        self._secrets = SecretCache(
            secrets, clock, secret_seconds, self._is_refused, networks, self._scheduler
        )
        self._clock = clock
        self._statistics_seconds = statistics_seconds
        self._replica_at = replica_at
        self._hosts: dict[ConnectionParameters, dict[str, VirtualHost]] = defaultdict(dict)
        """By the parameters without the virtual host, and by virtual host."""
        self._costs: dict[Key, tuple[int, int]] = {}
        """The generation of an object that was read, and its number of declared queues."""
        self._transient = TransientQueues(self._scheduler)

    def group(self, autoscaler: Autoscaler) -> BrokerReference:
        broker = autoscaler.broker
        return broker if broker.vhost is None else replace(broker, vhost=None)

    def cost(self, autoscaler: Autoscaler) -> int:
        """Return how many queues the last read declared; before it, the number of entries.

        A changed object counts its entries until it is read again. Otherwise an object over the
        budget would stay over it, because it is not read.
        """
        generation, count = self._costs.get(autoscaler.key, (None, 0))
        return max(1, count if generation == autoscaler.generation else len(autoscaler.entries))

    async def read(self, autoscalers: Collection[Autoscaler]) -> Mapping[Key, BrokerReading]:
        if not autoscalers:
            return {}
        group = self.group(next(iter(autoscalers)))
        parameters = await self._secrets.get(group)
        if isinstance(parameters, Unknown):
            unread = BrokerReading(queues=parameters, busy=parameters)
            return {autoscaler.key: unread for autoscaler in autoscalers}
        by_vhost: dict[str, list[tuple[Autoscaler, QueueQuery]]] = defaultdict(list)
        for autoscaler in autoscalers:
            for vhost, query in _queries(autoscaler, parameters).items():
                by_vhost[vhost].append((autoscaler, query))
        readings: dict[Key, dict[str, tuple[QueueQuery, BrokerReading]]] = defaultdict(dict)
        counts: Counter[Key] = Counter()
        reads = [self._try_host(parameters, *each, counts) for each in by_vhost.items()]
        results: Sequence[Mapping[Key, BrokerReading] | BaseException] = (
            await asyncio.gather(*reads, return_exceptions=True)
            if len(reads) > 1
            else [await each for each in reads]  # a task takes a fifth of the read of one object
        )
        for (vhost, queries), found in zip(by_vhost.items(), results, strict=True):
            if isinstance(found, BaseException):
                raise found
            for autoscaler, query in queries:
                readings[autoscaler.key][vhost] = query, found[autoscaler.key]
        self._costs |= {
            each.key: (each.generation, min(counts[each.key], MAX_DECLARED))
            for each in autoscalers
            if each.key in counts
        }
        now = self._clock()
        return {key: merge_readings(parts, now) for key, parts in readings.items()}

    async def check_quiet(self, autoscaler: Autoscaler) -> Unknown | None:
        """Implements `mare.ports.Brokers`: reads each declared queue, without a cache."""
        parameters = await self._secrets.get(self.group(autoscaler))
        if isinstance(parameters, Unknown):
            return parameters
        checks = (
            self._check_host(parameters, vhost, query, autoscaler.key.namespace)
            for vhost, query in _queries(autoscaler, parameters).items()
        )
        return main_reason(await asyncio.gather(*checks))

    async def _check_host(
        self, parameters: ConnectionParameters, vhost: str, query: QueueQuery, namespace: str
    ) -> Unknown | None:
        host = self._host(parameters, vhost)
        selection = await host.select(query, self._scheduler.of(namespace))
        if isinstance(selection, Unknown):
            return selection
        return await host.check_quiet(selection.declared)

    async def _try_host(
        self,
        parameters: ConnectionParameters,
        vhost: str,
        queries: Sequence[tuple[Autoscaler, QueueQuery]],
        counts: Counter[Key],
    ) -> dict[Key, BrokerReading]:
        """Read a virtual host; what is not read by the deadline of the round is unknown."""
        namespace = queries[0][0].key.namespace
        has_begun = False
        try:
            async with (
                asyncio.timeout(_ROUND_SECONDS),
                self._scheduler.turn(BROKER_READS, namespace),
            ):
                has_begun = True
                return await self._read_host(self._host(parameters, vhost), queries, counts)
        except TimeoutError:
            why = _TOO_SLOW if has_begun else OverBudget(BROKER_READS, namespace).why
        except OverBudget as error:
            why = error.why
        unread = BrokerReading(queues=why, busy=why)
        return {autoscaler.key: unread for autoscaler, _ in queries}

    async def _read_host(
        self,
        host: VirtualHost,
        queries: Iterable[tuple[Autoscaler, QueueQuery]],
        counts: Counter[Key],
    ) -> dict[Key, BrokerReading]:
        """Read each queue of a virtual host once, for all objects that select it.

        An object that selects too many queues is unknown, and none of its queues is read. `counts`
        are the queues of each object in all virtual hosts.
        """
        await host.start_statistics()
        result: dict[Key, BrokerReading] = {}
        selections: dict[Key, QueueSelection] = {}
        for autoscaler, query in queries:
            key = autoscaler.key
            selection = await host.select(query, self._scheduler.of(key.namespace))
            if not isinstance(selection, Unknown):
                counts[key] += len(selection.readable)
                if counts[key] > MAX_QUEUES_OF_OBJECT:
                    selection = TOO_MANY_QUEUES
            if isinstance(selection, Unknown):
                result[key] = BrokerReading(queues=selection, busy=selection)
            else:
                selections[key] = selection
        declared = {name for each in selections.values() for name in each.declared}
        sampled = {name for each in selections.values() for name in each.sampled}
        readings, now = await host.read(declared, sampled), self._clock()
        for key, selection in selections.items():
            if len(selection.readable) > _LARGE:
                await asyncio.sleep(0)
            transient = self._transient.find(key, selection, host)
            result[key] = reading_of(
                selection, host, readings, self._replica_at, now, transient=transient
            )
        return result

    def _host(self, parameters: ConnectionParameters, vhost: str) -> VirtualHost:
        """Return a virtual host, which is opened if it is new; raise `OverBudget`."""
        hosts = self._hosts[parameters.with_vhost("")]
        if vhost not in hosts:
            seconds = self._statistics_seconds
            host = VirtualHost(parameters.with_vhost(vhost), self._clock, seconds)  # may raise
            parameters.tenant.hold(VIRTUAL_HOSTS, parameters.virtual_hosts)
            hosts[vhost] = host
        return hosts[vhost]

    def _is_refused(self, parameters: ConnectionParameters) -> bool:
        hosts = self._hosts.get(parameters.with_vhost(""), {})
        return any(host.is_refused for host in hosts.values())

    async def keep_only(self, autoscalers: Iterable[Autoscaler]) -> None:
        """Close the connections that no object needs any more."""
        kept = list(autoscalers)
        known = self._secrets.keep_only({self.group(each) for each in kept})
        needed = {
            (parameters.with_vhost(""), vhost)
            for each in kept
            if (parameters := known.get(self.group(each))) is not None
            for vhost in _queries(each, parameters)
        }
        keys = {each.key for each in kept}
        self._transient.keep_only(keys)
        self._costs = {key: cost for key, cost in self._costs.items() if key in keys}
        closings = []
        for parameters, hosts in list(self._hosts.items()):
            for vhost in [each for each in hosts if (parameters, each) not in needed]:
                host = hosts.pop(vhost)
                host.tenant.hold(VIRTUAL_HOSTS, -parameters.virtual_hosts)
                closings.append(host.close())
            if not hosts:
                del self._hosts[parameters]
        # At once: a broker that reads nothing takes 2 s for each, and delays what follows for all.
        for result in await asyncio.gather(*closings, return_exceptions=True):
            if isinstance(result, Exception):
                _log.error("Connection could not be closed", exc_info=result)

    async def close(self) -> None:
        await self.keep_only(())


def _queries(autoscaler: Autoscaler, parameters: ConnectionParameters) -> Mapping[str, QueueQuery]:
    return queries_of(autoscaler, autoscaler.broker.vhost or parameters.vhost)
