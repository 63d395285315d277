"""All brokers, found by the Secrets that objects refer to and shared where these are equal."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from mare.broker.access import Access
from mare.broker.credentials import Credentials, Secrets, without_vhost
from mare.broker.naming import is_broadcast, needs_names, queues_of
from mare.broker.seeing import busy_replicas, host_of, own_readings, together
from mare.broker.vhost import VirtualHost
from mare.custom_resource.autoscaler import Autoscaler, BrokerReference, Key
from mare.domain.clause import Clause
from mare.domain.unknown import Unknown
from mare.ports import Clock, Seen

_MOST_QUEUES = 256
"""Queues of one object; the status has room for as many."""

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
        self._credentials = Credentials(secrets, clock, secret_seconds, self._refuses)
        self._clock = clock
        self._statistics_seconds = statistics_seconds
        self._replica_at = replica_at
        self._hosts: dict[Access, VirtualHost] = {}

    def group(self, autoscaler: Autoscaler) -> BrokerReference:
        return replace(autoscaler.broker, vhost=None)

    def cost(self, autoscaler: Autoscaler) -> int:
        return max(1, len(autoscaler.entries) + (autoscaler.service is not None))

    async def read(self, autoscalers: Collection[Autoscaler]) -> Mapping[Key, Seen]:
        if not autoscalers:
            return {}
        access = await self._credentials.of(self.group(next(iter(autoscalers))))
        if isinstance(access, Unknown):
            return {each.key: Seen(queues=access, busy=access) for each in autoscalers}
        by_vhost: dict[str, list[Autoscaler]] = defaultdict(list)
        for autoscaler in autoscalers:
            default = autoscaler.broker.vhost or access.vhost
            for vhost in {default, *(e.vhost or default for e in autoscaler.entries)}:
                by_vhost[vhost].append(autoscaler)
        parts: dict[Key, list[Seen]] = defaultdict(list)
        for vhost, some in by_vhost.items():
            for key, seen in (await self._read_vhost(access, vhost, some)).items():
                parts[key].append(seen)
        return {key: together(seen) for key, seen in parts.items()}

    async def _read_vhost(
        self, access: Access, vhost: str, autoscalers: Collection[Autoscaler]
    ) -> Mapping[Key, Seen]:
        host = self._host(access.at(vhost))
        await host.follow()
        names = host.names
        all_names = () if isinstance(names, Unknown) else names
        found = {
            each.key: queues_of(each, vhost, each.broker.vhost or access.vhost, all_names)
            for each in autoscalers
        }
        wanted = {key: _readable(host, queues) for key, queues in found.items()}
        readings = await host.read({name for queues in wanted.values() for name in queues})
        return {
            each.key: Seen(
                queues=own_readings(each, wanted[each.key], readings, names, self._clock()),
                busy=busy_replicas(host.statistics, wanted[each.key], self._replica_at),
                lost=_lost(host, each),
                transient=tuple(n for n in found[each.key] if host.statistics_of(n).transient),
            )
            for each in autoscalers
        }

    def _host(self, access: Access) -> VirtualHost:
        if access not in self._hosts:
            self._hosts[access] = VirtualHost(access, self._clock, self._statistics_seconds)
        return self._hosts[access]

    def _refuses(self, access: Access) -> bool:
        """Whether one of the broker's virtual hosts does not let us in."""
        return any(
            host.refused for other, host in self._hosts.items() if other == access.at(other.vhost)
        )

    async def keep_only(self, autoscalers: Iterable[Autoscaler]) -> None:
        """Close what nobody refers to any more."""
        needed = self._credentials.keep_only({self.group(each) for each in autoscalers})
        for access in [each for each in self._hosts if without_vhost(each) not in needed]:
            await self._hosts.pop(access).close()

    async def close(self) -> None:
        hosts, self._hosts = list(self._hosts.values()), {}
        self._credentials.keep_only(())
        for host in hosts:
            await host.close()


def _readable(
    host: VirtualHost, queues: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """Those that are not one connection's or process's own, as many as there is room for."""
    return {
        name: entries
        for name, entries in list(queues.items())[:_MOST_QUEUES]
        if not (host.statistics_of(name).exclusive or is_broadcast(name))
    }


def _lost(host: VirtualHost, autoscaler: Autoscaler) -> tuple[Clause, ...]:
    if needs_names(autoscaler) and isinstance(host.names, Unknown):
        return (*host.lost(), _NOT_ALL_FOUND, host.names.clause)
    return host.lost()
