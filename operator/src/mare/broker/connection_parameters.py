"""The way into a broker, as a Secret gives it."""

import base64
import binascii
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from mare.ports import AccessRefused

_SCHEMES = {
    "amqp-uri": ("amqp", "amqps"),
    "management-uri": ("http", "https"),
    "prometheus-uri": ("http", "https"),
}
_KEYS = (*_SCHEMES, "ca.crt", "tls.crt", "tls.key")
"""What is read of a Secret; it may hold more, for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionParameters:
    """URIs and TLS material. Two that are equal share their connections. Never shown."""

    amqp_uri: str | None = field(default=None, repr=False)
    management_uri: str | None = field(default=None, repr=False)
    prometheus_uri: str | None = field(default=None, repr=False)
    authority: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    vhost: str = "/"

    def at(self, vhost: str | None) -> "ConnectionParameters":
        """The same broker's other virtual host; None leaves it."""
        return self if vhost is None else replace(self, vhost=vhost)

    def amqp_uri_of_vhost(self) -> str | None:
        if self.amqp_uri is None:
            return None
        parts = urlsplit(self.amqp_uri)
        return parts._replace(path=f"/{quote(self.vhost, safe='')}").geturl()

    def context(self) -> ssl.SSLContext:
        """Settings of TLS: the given authority instead of the system's, the given certificate.

        Raises `AccessRefused` if the material cannot be read.
        """
        try:
            context = ssl.create_default_context(cadata=self.authority)
            if self.certificate is not None and self.key is not None:
                _load(context, self.certificate, self.key)
        except (ssl.SSLError, ValueError, OSError) as error:
            raise AccessRefused("ca.crt, tls.crt or tls.key of the Secret are not PEM") from error
        return context


def distrust(error: BaseException | None, source: str) -> AccessRefused | None:
    """Says that a certificate was not trusted, if that is what is behind an error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            why = error.verify_message.rstrip(".")
            return AccessRefused(f"the certificate of {source} is refused, {why}: see ca.crt")
        error = error.__cause__ or error.__context__
    return None


def _load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    # The ssl module reads a client's certificate from files only; a private folder goes at once.
    with tempfile.TemporaryDirectory(prefix="mare-tls-") as folder:
        chain, secret = Path(folder, "tls.crt"), Path(folder, "tls.key")
        chain.write_text(certificate)
        secret.touch(mode=0o600)
        secret.write_text(key)
        context.load_cert_chain(chain, secret)


def parse_secret(secret_name: str, data: Mapping[str, str]) -> ConnectionParameters:
    """Read the `data` of a Secret; raise `AccessRefused` saying what is wrong with it."""
    values = {key: _decode(secret_name, key, value) for key, value in data.items() if key in _KEYS}
    for key, schemes in _SCHEMES.items():
        if key in values:
            _check(secret_name, key, values[key], schemes)
    if not values.keys() & _SCHEMES.keys():
        raise AccessRefused(f"Secret {secret_name} has none of {', '.join(_SCHEMES)}")
    access = ConnectionParameters(
        amqp_uri=values.get("amqp-uri"),
        management_uri=values.get("management-uri"),
        prometheus_uri=values.get("prometheus-uri"),
        authority=values.get("ca.crt"),
        certificate=values.get("tls.crt"),
        key=values.get("tls.key"),
        vhost=_vhost(values.get("amqp-uri", "")),
    )
    if access.authority or access.certificate:
        access.context()  # what cannot be read is told here, before anything rests on it
    return access


def _decode(secret_name: str, key: str, value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AccessRefused(f"{key} of Secret {secret_name} is not text") from error


def _check(secret_name: str, key: str, uri: str, schemes: tuple[str, ...]) -> None:
    wanted = f"{key} of Secret {secret_name} has to begin with {' or '.join(schemes)}://"
    try:
        parts = urlsplit(uri)
        good = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise AccessRefused(f"{wanted} and name a host") from error
    if not good:
        raise AccessRefused(f"{wanted} and name a host")


def _vhost(amqp_uri: str) -> str:
    return unquote(urlsplit(amqp_uri).path.removeprefix("/")) or "/"
