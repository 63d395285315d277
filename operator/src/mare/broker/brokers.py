"""All brokers, found by the Secrets that objects refer to and shared where these are equal."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.object_readings import busy_replicas, host_of, own_readings, together, unresolved
from mare.broker.queue_names import QueueQuery, queries_of
from mare.broker.queue_selection import QueueSelection, select_queues
from mare.broker.secret_cache import SecretCache, Secrets, without_vhost
from mare.broker.transient_queues import TransientQueues
from mare.broker.virtual_host import VirtualHost
from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key
from mare.domain.clause import Clause
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Clock

_NOT_ALL_FOUND = Clause("lost.queues", "its queues are not all found")


class SecretBrokers:
    """Brokers by Secret. A Secret is read again every `secret_seconds`, or when it is refused.

    `replica_at` names the replica that a consumer at HOST:PORT belongs to.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        *,
        statistics_seconds: float,
        secret_seconds: float,
        replica_at: Callable[[str], str] = host_of,
    ) -> None:
        self._credentials = SecretCache(secrets, clock, secret_seconds, self._refuses)
        self._clock = clock
        self._statistics_seconds = statistics_seconds
        self._replica_at = replica_at
        self._hosts: dict[ConnectionParameters, dict[str, VirtualHost]] = defaultdict(dict)
        """By the broker and the virtual host."""
        self._costs: dict[Key, int] = {}
        self._transience = TransientQueues()

    def group(self, autoscaler: Autoscaler) -> BrokerReference:
        return BrokerReference(autoscaler.broker.namespace, autoscaler.broker.secret_name, None)

    def cost(self, autoscaler: Autoscaler) -> int:
        """The queues that were looked at last; before that, about as many as the entries."""
        return max(1, self._costs.get(autoscaler.key, len(autoscaler.entries)))

    async def read(self, autoscalers: Collection[Autoscaler]) -> Mapping[Key, BrokerReading]:
        if not autoscalers:
            return {}
        access = await self._credentials.of(self.group(next(iter(autoscalers))))
        if isinstance(access, Unknown):
            return {each.key: BrokerReading(queues=access, busy=access) for each in autoscalers}
        asked: dict[str, list[tuple[Autoscaler, QueueQuery]]] = defaultdict(list)
        for autoscaler in autoscalers:
            for vhost, wanted in _wanted(autoscaler, access).items():
                asked[vhost].append((autoscaler, wanted))
        seen: dict[Key, list[BrokerReading]] = defaultdict(list)
        costs: Counter[Key] = Counter()
        for vhost, some in asked.items():
            host = self._host(access, vhost)
            await host.follow()
            parts = [select_queues(autoscaler, wanted, host) for autoscaler, wanted in some]
            fresh = {name for part in parts for name in part.fresh}
            readings = await host.read(fresh, {name for part in parts for name in part.others})
            for part in parts:
                seen[part.autoscaler.key].append(self._seen(part, host, readings))
                costs[part.autoscaler.key] += len(part.fresh)
        self._costs |= costs
        return {key: together(parts) for key, parts in seen.items()}

    def _seen(
        self,
        part: QueueSelection,
        host: VirtualHost,
        readings: Mapping[str, QueueReading] | Unknown,
    ) -> BrokerReading:
        key, names, now = part.autoscaler.key, host.names, self._clock()
        staleness = part.autoscaler.policy.staleness_seconds
        queues = own_readings(part.readable, readings, now, staleness)
        lost = host.lost()
        if isinstance(names, Unknown) and part.wanted.needs_names:
            lost = (*lost, _NOT_ALL_FOUND, names.clause)
            if not isinstance(queues, Unknown):
                queues += unresolved(part.wanted.patterns, host.name, names, now)
        return BrokerReading(
            queues=queues,
            busy=busy_replicas(host.statistics, part.readable, self._replica_at),
            lost=lost,
            transient=self._transience.of(key, part.wanted, part.found, host),
        )

    def _host(self, access: ConnectionParameters, vhost: str) -> VirtualHost:
        hosts = self._hosts[without_vhost(access)]
        if vhost not in hosts:
            hosts[vhost] = VirtualHost(access.at(vhost), self._clock, self._statistics_seconds)
        return hosts[vhost]

    def _refuses(self, access: ConnectionParameters) -> bool:
        """Whether one of the broker's virtual hosts does not let us in."""
        hosts = self._hosts.get(without_vhost(access), {})
        return any(host.refused for host in hosts.values())

    async def keep_only(self, autoscalers: Iterable[Autoscaler]) -> None:
        """Close what nobody refers to any more."""
        kept = list(autoscalers)
        known = self._credentials.keep_only({self.group(each) for each in kept})
        needed = {
            (without_vhost(access), vhost)
            for each in kept
            if (access := known.get(self.group(each))) is not None
            for vhost in _wanted(each, access)
        }
        keys = {each.key for each in kept}
        self._transience.keep_only(keys)
        self._costs = {key: cost for key, cost in self._costs.items() if key in keys}
        for access, hosts in list(self._hosts.items()):
            for vhost in [each for each in hosts if (access, each) not in needed]:
                await hosts.pop(vhost).close()
            if not hosts:
                del self._hosts[access]

    async def close(self) -> None:
        await self.keep_only(())


def _wanted(autoscaler: Autoscaler, access: ConnectionParameters) -> Mapping[str, QueueQuery]:
    return queries_of(autoscaler, autoscaler.broker.vhost or access.vhost)
