"""The address of the broker, its TLS files, and the environment variables of both."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

from mare_nameko.settings import EnvironmentSettings, Secret, read_settings, variable

_PORTS = {"amqp": 5672, "amqps": 5671}
_ESCAPES = "/, ?, # and % in a password are written %2F, %3F, %23 and %25"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    host: str
    port: int
    user: str
    password: Secret
    vhost: str


def _split(text: str) -> SplitResult:
    try:
        address = urlsplit(text)
        _ = address.port
    except ValueError:
        raise ValueError(f"a host or port in it is wrong; {_ESCAPES}") from None
    if "@" in address.path:  # an unescaped slash in a password ends the host
        raise ValueError(f"a host or port in it is wrong; {_ESCAPES}")
    if "://" not in text or address.scheme not in _PORTS:
        raise ValueError("an address must begin with amqp:// or amqps://")
    if address.query or address.fragment or any(character.isspace() for character in text):
        raise ValueError(f"an address can have no parameters and no spaces; {_ESCAPES}")
    return address


class AmqpUri(Secret):
    """The addresses of one broker, separated by semicolons, to be tried in turn.

    Either all addresses use TLS or none does: kombu applies the TLS options of the first address
    to the others. Raises ValueError with a sentence that does not quote the URI, because of the
    password in it.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        addresses = [_split(part.strip()) for part in text.split(";") if part.strip()]
        if not addresses:
            raise ValueError("there is no address in it")
        if len({address.scheme for address in addresses}) > 1:
            raise ValueError("its addresses must all begin with amqps:// or all with amqp://")
        return super().__new__(cls, ";".join(f"{a.scheme}://{a.netloc}{a.path}" for a in addresses))

    @property
    def uses_tls(self) -> bool:
        return self.startswith("amqps://")

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses, with RabbitMQ's defaults for what they omit."""
        return tuple(_parse(urlsplit(part)) for part in self.split(";"))

    @property
    def hosts(self) -> str:
        """Hosts and ports, for a log: without users and passwords."""
        return ", ".join(f"{each.host}:{each.port}" for each in self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Paths of PEM files. Without ``ca_file`` the system's certificate authorities are used."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def options(self, host: str | None) -> dict[str, Any]:
        """Return the ``ssl`` argument of py-amqp and kombu for a connection to ``host``.

        py-amqp verifies the host name in the certificate only if ``server_hostname`` is present.
        kombu replaces None by the host of its URI.
        """
        files = {"ca_certs": self.ca_file, "certfile": self.cert_file, "keyfile": self.key_file}
        given = {option: path for option, path in files.items() if path}
        return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": host} | given


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings(EnvironmentSettings):
    """The environment variables that services and callers have in common."""

    amqp_uri: AmqpUri = variable("AMQP_URI", default=AmqpUri("amqp://guest:guest@127.0.0.1:5672/"))
    """The broker. `amqps://` uses TLS. Several addresses are separated by `;`."""

    amqp_ca_file: str = variable("AMQP_CA_FILE", default="")
    """PEM file of the certificate authorities that sign the broker's certificate. Empty: those of
    the system."""

    amqp_cert_file: str = variable("AMQP_CERT_FILE", default="")
    """PEM file of the client certificate, if the broker requires one."""

    amqp_key_file: str = variable("AMQP_KEY_FILE", default="")
    """PEM file of the client certificate's key."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings in ``environ``; or raise SettingsError with all mistakes."""
        return read_settings(cls, environ, _find_tls_mistakes(environ))

    @property
    def tls_files(self) -> TlsFiles:
        return TlsFiles(
            ca_file=self.amqp_ca_file, cert_file=self.amqp_cert_file, key_file=self.amqp_key_file
        )


def _parse(parts: SplitResult) -> Address:
    return Address(
        host=parts.hostname or "localhost",
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or "guest"),
        password=Secret(unquote(parts.password or "guest")),
        vhost=unquote(parts.path[1:]) or "/",
    )


def _find_tls_mistakes(environ: Mapping[str, str]) -> Iterator[str]:
    names = ("AMQP_CA_FILE", "AMQP_CERT_FILE", "AMQP_KEY_FILE")
    files = {name: environ[name] for name in names if environ.get(name)}
    for name, path in files.items():
        if not Path(path).is_file():
            yield f"{name}={path!r}: there is no such file."
        if "amqps://" not in environ.get("AMQP_URI", "").lower():
            yield f"{name} is set but AMQP_URI does not begin with amqps://."
    if "AMQP_KEY_FILE" in files and "AMQP_CERT_FILE" not in files:
        yield "AMQP_KEY_FILE is set but AMQP_CERT_FILE is not."
