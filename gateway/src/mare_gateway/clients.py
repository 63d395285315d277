"""Clients of the API: who sends a request, and what the request may do."""

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["read", "jobs"]
"""``read``: playlists, places and weather. ``jobs``: submit, read, list, cancel and retry jobs."""

SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The client of one request.

    Attributes:
        name: name of its API key, the owner of its jobs; empty for an anonymous client.
        address: IP address.
        may_list_jobs: false for anonymous clients that are not all on this machine: the id is the
            only protection of their jobs.
    """

    name: str
    address: str
    scopes: frozenset[Scope]
    may_list_jobs: bool

    @property
    def rate_key(self) -> str:
        """What rate limits are counted for."""
        return f"key:{self.name}" if self.name else f"address:{self.network}"

    @property
    def submitter(self) -> str:
        """What open jobs are counted for, as the jobs service stores it: no address."""
        return hashlib.blake2b(self.rate_key.encode(), digest_size=16).hexdigest()

    @property
    def network(self) -> str:
        """What bounds of an address count: of IPv6, the /64 that one client usually has."""
        if ":" not in self.address:
            return self.address
        try:
            address = ipaddress.IPv6Address(self.address.partition("%")[0])
        except ValueError:
            return self.address
        # A socket of both versions has all IPv4 clients in one /64.
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)

    def idempotency_key(self, key: str) -> str:
        """Return the client's ``Idempotency-Key`` as the jobs service stores it.

        The jobs service has one owner for all anonymous clients. Without the address, the key of
        one would refuse the requests of another, or return its job.
        """
        if self.name:
            return key
        return hashlib.blake2b(f"{self.address} {key}".encode(), digest_size=16).hexdigest()
