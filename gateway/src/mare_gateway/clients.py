"""Clients of the API: who sends a request, by its API key, and what the request may do."""

import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from mare_gateway.keys import SCOPES, KeyFile, Scope
from mare_gateway.problems import Problem, Refused
from mare_gateway.settings import ClientSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The client of one request.

    Attributes:
        name: name of its API key, the owner of its jobs; empty for an anonymous client.
        address: IP address.
        is_here: whether it is on this machine, and others cannot connect.
        may_list_jobs: false for anonymous clients that are not all on this machine: the id is the
            only protection of their jobs.
    """

    name: str
    address: str
    scopes: frozenset[Scope]
    is_here: bool = False
    may_list_jobs: bool = False

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
        return network_of(self.address)

    def idempotency_key(self, key: str) -> str:
        """Return the client's ``Idempotency-Key`` as the jobs service stores it.

        The jobs service has one owner for all anonymous clients. Without the address, the key of
        one would refuse the requests of another, or return its job.
        """
        if self.name:
            return key
        return hashlib.blake2b(f"{self.address} {key}".encode(), digest_size=16).hexdigest()


def network_of(address: str) -> str:
    """Return an IPv4 address, or the /64 of an IPv6 address; another text as it is."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    # A socket of both versions has all IPv4 clients in one /64.
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False).network_address)


class Authenticator:
    """Identifies clients; without a file of keys, they are anonymous and may do everything."""

    def __init__(self, settings: ClientSettings) -> None:
        self._keys = KeyFile(Path(settings.keys_file)) if settings.keys_file else None
        self.anonymous_scopes: frozenset[Scope] = (
            frozenset(settings.anonymous_scopes) if settings.keys_file else frozenset(SCOPES)
        )
        self.anonymous_may_read = "read" in self.anonymous_scopes
        self._is_local = settings.is_local

    def identify(self, authorization: str | None, address: str) -> Client | None:
        """Return the client with this ``Authorization`` header; None if its key is invalid."""
        is_here = self._is_local and is_loopback(address)
        if authorization is None or self._keys is None:
            return Client(
                name="",
                address=address,
                scopes=self.anonymous_scopes,
                is_here=is_here,
                may_list_jobs=is_here and self._keys is None,
            )
        scheme, _, key = authorization.partition(" ")
        found = self._keys.find(key.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            return None
        return Client(
            name=found.name,
            address=address,
            scopes=frozenset(found.scopes),
            is_here=is_here,
            may_list_jobs=True,
        )


def is_loopback(address: str) -> bool:
    """Return whether the address is of this machine: of the client, or of a proxy before it."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def require_scope(client: Client, scope: Scope) -> None:
    if scope in client.scopes:
        return
    if not client.name:
        raise Refused(_KEY_REQUIRED)
    detail = f"This API key does not have the scope {scope}."
    raise Refused(Problem(status=403, code="insufficient_scope", detail=detail))


_KEY_REQUIRED = Problem(
    status=401,
    code="key_required",
    detail="This request needs an API key: Authorization: Bearer mare_...",
    headers={"WWW-Authenticate": 'Bearer realm="mare"'},
)
INVALID_KEY = Problem(
    status=401,
    code="invalid_key",
    detail="The API key is unknown or has expired. Send a valid one, or none.",
    headers={"WWW-Authenticate": 'Bearer realm="mare", error="invalid_token"'},
)
