"""The networks that connections to brokers may lead to.

A tenant chooses the host names in a Secret, and the operator connects to them from its own place
in the network. The address is checked where the socket is opened, so that a name which resolves
differently the second time leads nowhere else.
"""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

from aiohappyeyeballs import start_connection
from aiohttp.abc import AbstractResolver, ResolveResult

from mare.tenant_scheduler import LOOKUPS, Tenant

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
AddressInfo = tuple[Any, Any, int, str, Any]
"""A result of getaddrinfo."""

_SPECIAL: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/3",  # multicast, reserved, broadcast
            "::/96",  # unspecified, loopback
            "fe80::/10",
            "ff00::/8",
            "2001::/32",  # Teredo and 6to4 contain an IPv4 address
            "2002::/16",
            "100.100.100.200",  # metadata services of Alibaba, Azure and AWS
            "168.63.129.16",
            "fd00:ec2::254",
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


class AddressRefused(OSError):
    """The address of a broker is not in the allowed networks."""


_MOST_ADDRESSES = 16
"""Of a name: 4,000 of them took 1.7 s of processor time for each attempt."""


@dataclass(frozen=True, slots=True)
class BrokerNetworks:
    """The allowed networks, and addresses that are refused even within them.

    Loopback, link-local, multicast and metadata addresses are allowed only by a network that lies
    within their range, such as 127.0.0.0/8: 0.0.0.0/0 does not include them.
    """

    allowed: tuple[Network, ...] = EVERYWHERE
    refused: frozenset[Address] = frozenset()

    def permit(self, address: str) -> bool:
        found = _embedded(ip_address(address))
        if found in self.refused:
            return False
        special = next((network for network in _SPECIAL if found in network), None)
        return any(
            found in network and (special is None or _is_within(network, special))
            for network in self.allowed
        )

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Return a socket for a checked address; raise `AddressRefused`."""
        family, kind, protocol, _, address = info
        if not self.permit(address[0]):
            raise AddressRefused("the address is not allowed")
        return socket.socket(family, kind, protocol)

    async def connect(self, host: str, port: int, tenant: Tenant) -> socket.socket:
        """Return a socket that is connected to the first address that accepts; raise OSError."""
        addresses = await resolve(host, port, tenant)
        return await start_connection(addresses, socket_factory=self.open_socket)


DEFAULT_NETWORKS = BrokerNetworks()
ANY_NETWORK = BrokerNetworks((*EVERYWHERE, *_SPECIAL))
"""No address is refused: for `mare local`, whose user chooses the URIs."""


async def addresses_of(host: str | None) -> frozenset[Address]:
    """Return the addresses of a host, none without a host; raise OSError."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, 0) if host else ()
    return frozenset(_embedded(ip_address(info[4][0])) for info in infos)


class Resolver(AbstractResolver):
    """Resolves for aiohttp."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for found, _, protocol, _, address in await resolve(host, port, self._tenant, family)
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def resolve(
    host: str, port: int, tenant: Tenant, family: socket.AddressFamily = socket.AF_UNSPEC
) -> list[AddressInfo]:
    """Return the addresses of a host; raise `OverBudget` or OSError."""
    lookup = (host, port, family, socket.SOCK_STREAM)
    try:
        return (await tenant.run_in_thread(LOOKUPS, socket.getaddrinfo, *lookup))[:_MOST_ADDRESSES]
    except UnicodeError as error:  # a label of more than 63 characters
        raise OSError("the host name is not valid") from error


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that packets to an IPv6 address reach, or the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_within(network: Network, other: Network) -> bool:
    return network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
