"""Where the broker is: AMQP URIs and what TLS needs."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_DEFAULT_PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One broker node and how to log in there."""

    host: str
    port: int
    user: str
    password: str
    vhost: str
    secure: bool = False

    def __repr__(self) -> str:
        scheme = "amqps" if self.secure else "amqp"
        return f"{scheme}://{self.user}:***@{self.host}:{self.port}/{self.vhost}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files in PEM format; without ``ca_file`` the machine's own certificate authorities count."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def for_host(self, host: str) -> dict[str, Any]:
        """Return py-amqp's ``ssl`` argument.

        It checks the certificate's host name only when ``server_hostname`` is given.
        """
        return {
            "cert_reqs": ssl.CERT_REQUIRED,
            "server_hostname": host,
            "ca_certs": _text(self.ca_file),
            "certfile": _text(self.cert_file),
            "keyfile": _text(self.key_file),
        }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def parse_uri(uri: str) -> tuple[Endpoint, ...]:
    """Return the endpoints of an AMQP URI, or of several separated by semicolons.

    Raises ValueError with a sentence that never shows the URI itself: it holds a password.
    """
    endpoints = tuple(_parse_one(part.strip()) for part in uri.split(";") if part.strip())
    if not endpoints:
        raise ValueError("the AMQP URI is empty")
    return endpoints


def _parse_one(uri: str) -> Endpoint:
    parts = urlsplit(uri)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("an AMQP URI starts with amqp:// or amqps://")
    try:
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except ValueError:
        raise ValueError("the port of the AMQP URI is not a number up to 65535") from None
    return Endpoint(
        host=parts.hostname or "localhost",
        port=port,
        user=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        vhost=unquote(parts.path[1:]) or "/",
        secure=parts.scheme == "amqps",
    )
