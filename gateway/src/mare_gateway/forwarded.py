"""The address of the client behind proxies that append to ``X-Forwarded-For``."""

import ipaddress
import re

from mare_gateway.problems import Problem

NO_ADDRESS = Problem(
    status=400,
    code="invalid_forwarded_for",
    detail="The proxies of this gateway did not pass on the address of the client in"
    " X-Forwarded-For.",
)

_ADDRESS = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?|([0-9.]{7,15}):[0-9]{1,5}")
"""An address with a port, or in brackets. Some proxies append the port, which changes with each
connection."""


def client_address(peer: str, forwarded_for: str | None, trusted_proxies: int) -> str | None:
    """Return the address that the farthest trusted proxy appended; None if there is none.

    Args:
        peer: address of the other end of the connection. It is the client's if no proxy is trusted,
            or if the request did not pass through one: a proxy always adds the header.
        forwarded_for: all header values, joined by commas.
        trusted_proxies: number of proxies in front. What is left of their entries is not read: a
            client chooses it.
    """
    if trusted_proxies == 0 or forwarded_for is None:
        return peer
    entries = forwarded_for.rsplit(",", trusted_proxies)[-trusted_proxies:]
    return _address(entries[0].strip()) if len(entries) == trusted_proxies else None


def _address(entry: str) -> str | None:
    if with_port := _ADDRESS.fullmatch(entry):
        entry = with_port[1] or with_port[2]
    try:
        address = ipaddress.ip_address(entry.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
