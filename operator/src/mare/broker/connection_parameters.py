"""Connection parameters of a broker, parsed from a Secret."""

import base64
import binascii
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from weakref import WeakValueDictionary

from mare.broker.bounded_tls import HandshakeRefused, client_context
from mare.broker.networks import DEFAULT_NETWORKS, AddressRefused, BrokerNetworks
from mare.broker.secret_shapes import COMMON_KEYS, FOREIGN, is_suitable, own_shape
from mare.ports import AccessRefused
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import Tenant, TenantScheduler

_SCHEMES = {
    "amqp-uri": ("amqp", "amqps"),
    "management-uri": ("http", "https"),
    "prometheus-uri": ("http", "https"),
}
_KEYS = (*_SCHEMES, "ca.crt", "tls.crt", "tls.key", *FOREIGN)
"""The keys that are read, besides the keys that `brokerRef` names. Others are ignored."""
_MAX_VALUE_CHARACTERS = 64 * 1024 * 4 // 3
"""Of a value in base64. 1 MiB of certificates takes 0.75 s to parse, and is kept."""
_MAX_KEY_CHARACTERS = 4 * 1024 * 4 // 3
"""RSA with 4,096 bits has 3.3 KB. A signature with 16,384 bits takes 1.2 s."""
_MAX_URI, _MAX_HOST, _MAX_REST = 2**14, 253, 1_024
"""Characters; a password can be a token of some KiB. A host with 30,000 letters took 0.16 s of each
attempt to connect, and a query with 32,000 parts 37 ms."""


Certificates = tuple[str | None, str | None, str | None]


def _no_tenant() -> Tenant:
    return TenantScheduler().of("")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionParameters:
    """URIs, TLS material and allowed networks. Objects with equal ones share connections.

    No field has a repr: the URIs contain passwords.
    """

    amqp_uri: str | None = field(default=None, repr=False)
    management_uri: str | None = field(default=None, repr=False)
    prometheus_uri: str | None = field(default=None, repr=False)
    ca_certificate: str | None = field(default=None, repr=False)
    client_certificate: str | None = field(default=None, repr=False)
    client_key: str | None = field(default=None, repr=False)
    vhost: str = "/"
    networks: BrokerNetworks = DEFAULT_NETWORKS
    tenant: Tenant = field(default_factory=_no_tenant, repr=False, compare=False)
    """Which namespace the connections count for: the first namespace with an equal Secret."""

    def with_vhost(self, vhost: str) -> "ConnectionParameters":
        return replace(self, vhost=vhost)

    def amqp_url(self) -> str:
        """Return the AMQP URI with the virtual host as its path; raises `AccessRefused`."""
        parts = urlsplit(self.amqp_uri or "")
        return parts._replace(path=f"/{path_segment(self.vhost)}").geturl()

    def ssl_context(self) -> ssl.SSLContext:
        """TLS settings; `ca.crt` replaces the system's authorities. Raises `AccessRefused`.

        All connections with the same certificates share one: a context takes up to 2.4 MiB, which
        no garbage collection counts.
        """
        context = _contexts.get(self.certificates)
        if context is None:
            context = _contexts[self.certificates] = _ssl_context(*self.certificates)
        return context

    @property
    def certificates(self) -> Certificates:
        return self.ca_certificate, self.client_certificate, self.client_key

    @property
    def virtual_hosts(self) -> int:
        """How many `VIRTUAL_HOSTS` an open one counts as."""
        uris = self.amqp_uri, self.management_uri or self.prometheus_uri
        return 2 if any(urlsplit(each or "").scheme in ("amqps", "https") for each in uris) else 1

    @property
    def characters(self) -> int:
        """The length of all values together."""
        uris = (self.amqp_uri, self.management_uri, self.prometheus_uri)
        return sum(len(each) for each in (*uris, *self.certificates) if each)


_CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
"""Python's, without DHE: a prime of 10,000 bits, which the broker chooses, takes 0.9 s."""


def _ssl_context(
    ca_certificate: str | None, client_certificate: str | None, client_key: str | None
) -> ssl.SSLContext:
    try:
        context = client_context(ca_certificate)
        context.set_ciphers(_CIPHERS)
        if client_certificate is not None and client_key is not None:
            _load_client_certificate(context, client_certificate, client_key)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise AccessRefused("the CA, tls.crt or tls.key of the Secret are not PEM") from error
    return context


_contexts: WeakValueDictionary[Certificates, ssl.SSLContext] = WeakValueDictionary()
"""By the certificates, as long as a connection uses them."""


def path_segment(vhost: str) -> str:
    """Return a virtual host as one percent-encoded path segment of a URL.

    Raises `AccessRefused` for "." and "..": servers and proxies resolve these segments even when
    they are encoded, so that the request would reach another path.
    """
    if vhost in (".", ".."):
        raise AccessRefused(f"a virtual host cannot be named {vhost}")
    return quote(vhost, safe="")


def refusal_behind(error: BaseException | None, source: str) -> AccessRefused | OverBudget | None:
    """Return the refusal of a certificate, an address or a handshake that caused an error."""
    for each in _chain(error):
        if isinstance(each, HandshakeRefused):
            return each.why
        if isinstance(each, AddressRefused):
            return AccessRefused(
                f"the address of {source} is not in a network that the operator may connect to:"
                " see MARE_BROKER_NETWORKS",
                "AddressRefused",
            )
        # The error of aiohttp is one, too, but only its cause has the message.
        why = getattr(each, "verify_message", None)
        if isinstance(each, ssl.SSLCertVerificationError) and why:
            text = f"the certificate of {source} is refused, {why.rstrip('.')}: see ca.crt"
            return AccessRefused(text, "CertificateRefused")
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it. aiormq makes a cycle of them after a connection reset."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def without_tracebacks(error: BaseException) -> BaseException:
    """Return the error; it and its causes no longer refer to the functions that raised them.

    asyncio, aiohttp and aiormq keep errors in reference cycles. Until a garbage collection, which
    is rare and counts no bytes, each would keep a response or the 256 KiB of a TLS connection.
    """
    for each in _chain(error):
        each.__traceback__ = None
    return error


def _load_client_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    # The ssl module loads a client certificate only from files.
    with tempfile.TemporaryDirectory(prefix="mare-tls-") as folder:
        chain, secret = Path(folder, "tls.crt"), Path(folder, "tls.key")
        chain.write_text(certificate)
        secret.touch(mode=0o600)
        secret.write_text(key)
        context.load_cert_chain(chain, secret, password=_no_passphrase)


def _no_passphrase() -> str:
    # Without this function, OpenSSL asks for a passphrase on the terminal and blocks the process.
    raise AccessRefused("tls.key of the Secret is encrypted: store it without a passphrase")


def parse_secret(
    secret_name: str,
    data: Mapping[str, str],
    networks: BrokerNetworks = DEFAULT_NETWORKS,
    uri_key: str | None = None,
    tenant: Tenant | None = None,
    *,
    part_keys: Mapping[str, str] = COMMON_KEYS,
) -> ConnectionParameters:
    """Parse the base64 `data` of a Secret; raise `AccessRefused` with what is wrong in it.

    `uri_key` names the key of the AMQP URI, `part_keys` those of its parts, of the management URI
    and of the CA, if they are no common ones.
    """
    named = {f"keys.{part}": key for part, key in part_keys.items()}
    for part, name in part_keys.items():
        if not is_suitable(part, name):
            raise AccessRefused(f"brokerRef.keys.{part} names {name}, which may be a credential")
    named |= {"uriKey": uri_key} if uri_key is not None else {}
    for setting, name in named.items():
        if name not in data:
            raise AccessRefused(f"Secret {secret_name} has no key {name} (brokerRef.{setting})")
    wanted = {*_KEYS, *named.values()}
    values = {key: _decode(secret_name, key, value) for key, value in data.items() if key in wanted}
    values, keys = own_shape(values, uri_key, part_keys)
    for key, schemes in _SCHEMES.items():
        if key in values:
            _check_uri(secret_name, keys.get(key, key), values[key], schemes)
    if not values.keys() & _SCHEMES.keys():
        names = ", ".join(_SCHEMES)
        text = f"Secret {secret_name} has none of {names}; brokerRef can name other keys"
        raise AccessRefused(text)
    parameters = ConnectionParameters(
        amqp_uri=values.get("amqp-uri"),
        management_uri=values.get("management-uri"),
        prometheus_uri=values.get("prometheus-uri"),
        ca_certificate=values.get("ca.crt"),
        client_certificate=values.get("tls.crt"),
        client_key=values.get("tls.key"),
        vhost=_vhost_of(values.get("amqp-uri", "")),
        networks=networks,
        tenant=tenant or _no_tenant(),
    )
    if parameters.ca_certificate or parameters.client_certificate:
        parameters.ssl_context()  # Reports a broken certificate now, not at the first connection.
    return parameters


def _decode(secret_name: str, key: str, value: str) -> str:
    if len(value) > _MAX_VALUE_CHARACTERS:
        raise AccessRefused(f"{key} of Secret {secret_name} is longer than 64 KiB")
    if key == "tls.key" and len(value) > _MAX_KEY_CHARACTERS:
        text = f"tls.key of Secret {secret_name} is longer than 4 KiB: use RSA 4096 at most"
        raise AccessRefused(text)
    try:
        return base64.b64decode(value, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AccessRefused(f"{key} of Secret {secret_name} is not text") from error


def _check_uri(secret_name: str, key: str, uri: str, schemes: tuple[str, ...]) -> None:
    schemes_text = " or ".join(f"{scheme}://" for scheme in schemes)
    problem = f"{key} of Secret {secret_name} must begin with {schemes_text} and name a host"
    try:
        parts = urlsplit(uri)
        good = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise AccessRefused(problem) from error
    if not good:
        raise AccessRefused(problem)
    rest = len(uri) - len(parts.netloc)
    if len(uri) > _MAX_URI or rest > _MAX_REST or len(parts.hostname or "") > _MAX_HOST:
        text = f"{key} of Secret {secret_name} is too long: 16 KiB, a host of {_MAX_HOST}"
        raise AccessRefused(f"{text} characters, and {_MAX_REST:,} around it are the limit")
    # A password with / would end the host: a part of it would be looked up, or shown as the vhost.
    if any("@" in part for part in (parts.path, parts.query, parts.fragment)):
        text = f"{key} of Secret {secret_name}: percent-encode / ? # and @ in user and password"
        raise AccessRefused(text)


def _vhost_of(amqp_uri: str) -> str:
    return unquote(urlsplit(amqp_uri).path.removeprefix("/")) or "/"
