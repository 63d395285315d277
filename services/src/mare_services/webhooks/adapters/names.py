"""Resolves names of receivers by DNS alone.

The resolver of the C library would also use /etc/hosts and search domains, with which ``foo.bar``
is a name inside of a cluster. Each of its calls also occupies one of a few native threads for as
long as a name server of the client does not answer; dnspython only occupies a green thread.
"""

from ipaddress import ip_address
from logging import getLogger

import dns.exception
import dns.resolver

from mare_services.contract.callback_urls import Destination
from mare_services.contract.public_addresses import Address, Network, is_public
from mare_services.webhooks.ports import SendingFailed

_log = getLogger(__name__)

LOOKUP_SECONDS = 5.0
TRY_SECONDS = 1.0
"""Time after which a question is repeated: UDP loses packets."""
_LOCALHOST = ("127.0.0.1", "::1")
_NO_ADDRESS = "The host has no public address."
"""The same sentence for names that do not exist, that lead to other addresses and that cannot be
resolved: clients must not learn which names exist inside."""


class Resolver:
    """Returns the addresses of a destination, all of them checked.

    Args:
        refused: networks that are refused besides those that are not public.
        dns_resolver: of dnspython; default: the servers of /etc/resolv.conf, read each time.
    """

    def __init__(
        self, refused: tuple[Network, ...] = (), dns_resolver: dns.resolver.Resolver | None = None
    ) -> None:
        self._refused = refused
        self._dns = dns_resolver

    def addresses(self, destination: Destination) -> list[Address]:
        """Return at least one address; raise SendingFailed if one of them is refused."""
        if destination.is_localhost:
            texts = (str(destination.address),) if destination.address else _LOCALHOST
            return [ip_address(text) for text in texts]
        found = [destination.address] if destination.address else self._look_up(destination.host)
        for address in found:
            if not is_public(address, self._refused):
                _log.warning("A callback is refused: %s has the address %s",
                             destination.host, address)  # fmt: skip
                raise SendingFailed(_NO_ADDRESS)
        if not found:
            raise SendingFailed(_NO_ADDRESS)
        return found

    def _look_up(self, host: str) -> list[Address]:
        """Return the addresses that are known: some name servers answer no question for AAAA."""
        found: list[Address] = []
        for kind in ("A", "AAAA"):
            try:
                resolver = self._dns or dns.resolver.Resolver()
                resolver.timeout = TRY_SECONDS
                answer = resolver.resolve(
                    f"{host}.",
                    kind,
                    lifetime=LOOKUP_SECONDS / 2,
                    search=False,
                    raise_on_no_answer=False,
                )
                found += [ip_address(record.address) for record in answer.rrset or ()]
            except (dns.exception.DNSException, OSError) as error:
                _log.info("No %s records of %s are known: %s", kind, host, type(error).__name__)
        return found
