"""Which addresses are on the public internet.

The lists are those of the IANA registries of special-purpose addresses. ``ipaddress.is_global`` is
not enough: it calls multicast, 6to4, Azure's 168.63.129.16 and, in some versions of Python, NAT64
and IPv4-mapped addresses global.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by customers of a carrier; 100.100.100.200 is Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform
        "169.254.0.0/16",  # link-local, with the metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocols; 192.0.0.192 is Oracle's metadata
        "192.0.2.0/24",  # documentation, as 198.51.100.0 and 203.0.113.0
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_IPV6_UNICAST = IPv6Network("2000::/3")
"""All that is assigned to the internet. IPv4-mapped, NAT64 (64:ff9b::/96), unique local,
link-local, site-local and multicast addresses are outside."""
_IPV6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4 contains an IPv4 address
        "2620:4f:8000::/48",
        "3ffe::/16",  # returned by the 6bone
        "3fff::/20",  # documentation
    )
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
"""The upper half of an interface id whose lower half is an IPv4 address."""


def is_public(address: Address, refused: tuple[Network, ...] = ()) -> bool:
    """Return whether ``address`` is unicast on the internet and in none of the ``refused``."""
    if any(address in network for network in refused):
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _IPV4)
    if address.scope_id is not None or address not in _IPV6_UNICAST:
        return False
    return not (
        any(address in network for network in _IPV6) or int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    )
