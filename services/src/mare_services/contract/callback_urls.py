"""Which URLs callbacks may go to, as far as their text shows.

Names are not resolved here: the webhooks service does it when it connects, and checks the addresses
then. URLs that parsers understand differently are refused.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address

from mare_services.contract.public_addresses import Address, is_public

LONGEST_URL = 2_000

_URL = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<authority>[^/?#]*)(?P<target>(?:[/?].*)?)")
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*")
"""Those of RFC 3986 without the fragment."""
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9.-]+)(?P<port>:[0-9]*)?")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that makes a host an IPv4 address for browsers and C libraries, in any notation."""
_LOCAL_DOMAINS = (
    "localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan",
    "home.arpa", "in-addr.arpa", "ip6.arpa", "svc", "test", "invalid", "onion",
)  # fmt: skip
_LOCAL_HOST = "localhost"
_LOOPBACK, _LOOPBACK_6 = IPv4Network("127.0.0.0/8"), IPv6Address("::1")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class CallbackUrlRefused(ValueError):
    """Raised for a URL that callbacks must not be sent to; the text has the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRules:
    """What an installation allows.

    Attributes:
        ports: of the receivers.
        allow_localhost: whether callbacks may go to this machine, by any port and by http. It is
            for development.
    """

    ports: tuple[int, ...] = (443, 8443)
    allow_localhost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the callbacks of one URL go.

    Attributes:
        host: a name in lower case, or an address.
        address: the host, if it is an address.
        target: path and query.
        is_localhost: whether it is this machine, which the rules allow.
    """

    scheme: str
    host: str
    port: int
    target: str
    address: Address | None = None
    is_localhost: bool = False

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


def read_url(url: str, rules: UrlRules) -> Destination:
    """Return the destination of ``url``; raise CallbackUrlRefused."""
    if not 0 < len(url) <= LONGEST_URL:
        raise CallbackUrlRefused(f"It must have 1 to {LONGEST_URL} characters.")
    if "#" in url:
        raise CallbackUrlRefused("It must not have a fragment.")
    if not _CHARACTERS.fullmatch(url):
        raise CallbackUrlRefused(
            "It must consist of the ASCII characters of a URL. Encode others with %."
        )
    parts = _URL.fullmatch(url)
    if parts is None:
        raise CallbackUrlRefused("It must be an absolute URL, such as https://example.com/path.")
    if "@" in parts["authority"]:
        raise CallbackUrlRefused("It must not contain credentials.")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        raise CallbackUrlRefused("Its host is not valid.")
    return _destination(
        parts["scheme"].lower(),
        authority["host"].lower(),
        authority["port"],
        parts["target"],
        rules,
    )


def _destination(
    scheme: str, host: str, port: str | None, target: str, rules: UrlRules
) -> Destination:
    address = _address(host)
    is_localhost = rules.allow_localhost and _is_localhost(host, address)
    if scheme != "https" and not (scheme == "http" and is_localhost):
        raise CallbackUrlRefused("Its scheme must be https.")
    number = _DEFAULT_PORTS[scheme] if port is None else _port(port)
    if not is_localhost:
        _check_host(host, address)
        if number not in rules.ports:
            allowed = ", ".join(map(str, rules.ports))
            raise CallbackUrlRefused(f"Its port must be one of: {allowed}.")
    path = target if target.startswith("/") else f"/{target}"
    return Destination(
        scheme=scheme,
        host=str(address) if address else host,
        port=number,
        target=path,
        address=address,
        is_localhost=is_localhost,
    )


def _address(host: str) -> Address | None:
    """Return the address that ``host`` is, None for a name; refuse unusual notations."""
    try:
        if host.startswith("["):
            return IPv6Address(host[1:-1])
        if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            return IPv4Address(host)  # four decimal numbers without leading zeros
    except AddressValueError:
        raise CallbackUrlRefused("Its host is not an address in the usual notation.") from None
    return None


def _is_localhost(host: str, address: Address | None) -> bool:
    if address is None:
        return host == _LOCAL_HOST
    # `is_loopback` of newer versions of Python includes IPv4-mapped addresses.
    return address == _LOOPBACK_6 or address in _LOOPBACK


def _check_host(host: str, address: Address | None) -> None:
    if address is not None:
        if not is_public(address):
            raise CallbackUrlRefused("Its address is not a public one.")
        return
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004
        raise CallbackUrlRefused("Its host must be a full domain name, such as example.com.")
    if any(label[2:4] == "--" for label in labels):
        raise CallbackUrlRefused("Its host must not be an internationalized domain name.")
    if any(f".{host}".endswith(f".{domain}") for domain in _LOCAL_DOMAINS):
        raise CallbackUrlRefused("Its host is not a public name.")


def _port(text: str) -> int:
    digits = text[1:]
    if not digits or digits.startswith("0") or len(digits) > 5 or int(digits) > 65_535:  # noqa: PLR2004
        raise CallbackUrlRefused("Its port is not valid.")
    return int(digits)
