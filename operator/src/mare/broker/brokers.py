"""All brokers, addressed by Secrets. Objects whose Secrets are equal share connections."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
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
from mare.broker.response_budget import ResponseShare
from mare.broker.secret_cache import SecretCache, Secrets
from mare.broker.virtual_host import VirtualHost
from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key
from mare.domain.evidence import MESSAGES_LEFT
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Clock


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
    ) -> None:
        self._secrets = SecretCache(secrets, clock, secret_seconds, self._is_refused, networks)
        self._clock = clock
        self._statistics_seconds = statistics_seconds
        self._replica_at = replica_at
        self._hosts: dict[ConnectionParameters, dict[str, VirtualHost]] = defaultdict(dict)
        """By the parameters without the virtual host, and by virtual host."""
        self._used_responses: Counter[str] = Counter()
        self._costs: dict[Key, tuple[int, int]] = {}
        """The generation of an object that was read, and its number of declared queues."""
        self._transient = TransientQueues()

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
        parameters, namespace = await self._secrets.get(group), group.namespace
        if isinstance(parameters, Unknown):
            unread = BrokerReading(queues=parameters, busy=parameters)
            return {autoscaler.key: unread for autoscaler in autoscalers}
        by_vhost: dict[str, list[tuple[Autoscaler, QueueQuery]]] = defaultdict(list)
        for autoscaler in autoscalers:
            for vhost, query in _queries(autoscaler, parameters).items():
                by_vhost[vhost].append((autoscaler, query))
        readings: dict[Key, dict[str, tuple[QueueQuery, BrokerReading]]] = defaultdict(dict)
        counts: Counter[Key] = Counter()
        for vhost, queries in by_vhost.items():
            host = self._host(parameters, vhost, namespace)
            found = await self._read_host(host, queries, counts)
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
        found: Unknown | None = None
        for vhost, query in _queries(autoscaler, parameters).items():
            host = self._host(parameters, vhost, autoscaler.broker.namespace)
            selection = await host.select(query)
            if isinstance(selection, Unknown):
                return selection
            why = await host.check_quiet(selection.declared)
            if why is not None and why.reason == MESSAGES_LEFT:
                return why
            found = found or why
        return found

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
            key, selection = autoscaler.key, await host.select(query)
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
            transient = self._transient.find(key, selection, host)
            result[key] = reading_of(
                selection, host, readings, self._replica_at, now, transient=transient
            )
        return result

    def _host(self, parameters: ConnectionParameters, vhost: str, namespace: str) -> VirtualHost:
        hosts = self._hosts[parameters.with_vhost("")]
        if vhost not in hosts:
            hosts[vhost] = VirtualHost(
                parameters.with_vhost(vhost),
                self._clock,
                self._statistics_seconds,
                ResponseShare(self._used_responses, namespace),
            )
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
        for parameters, hosts in list(self._hosts.items()):
            for vhost in [each for each in hosts if (parameters, each) not in needed]:
                await hosts.pop(vhost).close()
            if not hosts:
                del self._hosts[parameters]

    async def close(self) -> None:
        await self.keep_only(())


def _queries(autoscaler: Autoscaler, parameters: ConnectionParameters) -> Mapping[str, QueueQuery]:
    return queries_of(autoscaler, autoscaler.broker.vhost or parameters.vhost)
