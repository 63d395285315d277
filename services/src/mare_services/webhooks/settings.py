"""Settings of the webhooks service."""

import base64
import binascii
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated, ClassVar

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings, Secret
from mare_services.contract.callback_urls import UrlRules
from mare_services.contract.public_addresses import Network

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Port = Annotated[int, Meta(ge=1, le=65_535)]

_PREFIX = "whsec_"
_BYTES = range(24, 65)
"""Length of a key that Standard Webhooks allows."""


class SigningSecrets(Secret):
    """Secrets ``whsec_BASE64``, separated by commas."""

    __slots__ = ()

    def __init__(self, _text: str) -> None:
        if not all(map(_is_secret, self.each)) or not self.each:
            raise ValueError(
                "each secret must be whsec_ and the base64 of 24 to 64 random bytes, separated by"
                " commas"
            )

    @property
    def each(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.split(",") if part.strip())


class Networks(str):
    """Networks such as ``192.0.2.0/24``, separated by commas."""

    __slots__ = ()

    def __init__(self, _text: str = "") -> None:
        self.each  # noqa: B018 - raises ValueError

    @property
    def each(self) -> tuple[Network, ...]:
        return tuple(ip_network(part.strip()) for part in self.split(",") if part.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    prefix: ClassVar[str] = "WEBHOOKS_"

    secrets: SigningSecrets
    """Secrets that sign callbacks, `whsec_` and base64, separated by commas. Each callback has a
    signature for every secret, so that receivers can change from one to the next."""

    ports: tuple[Port, ...] = (443, 8443)
    """Ports of receivers. The jobs service reads it too."""

    allow_localhost: bool = False
    """For development: whether callbacks may go to this machine, by any port and by http. The jobs
    service reads it too."""

    refused_networks: Networks = Networks()  # noqa: RUF009 - it is a str
    """Networks to refuse in addition to all that are not public, for example the public addresses
    of this installation: `192.0.2.0/24`."""

    ca_file: str = ""
    """Certificate authorities of receivers (PEM). Empty: those of certifi."""

    attempt_seconds: Annotated[float, Meta(gt=0, le=60)] = 15.0
    """Time limit of one attempt, from the question whether the receiver has ended the callbacks to
    its answer."""

    retry_seconds: tuple[Seconds, ...] = (5, 30, 120, 600, 3_600, 10_800, 28_800, 43_200)
    """Delays before a failed callback is sent again; each varies by up to a fifth."""

    concurrency: Annotated[int, Meta(ge=1, le=1_000)] = 4
    """Callbacks that one replica sends to one host and port at a time."""

    rate: Annotated[float, Meta(gt=0, le=10_000)] = 20.0
    """Callbacks that one replica sends to one host and port in a second."""

    @property
    def url_rules(self) -> UrlRules:
        return UrlRules(ports=self.ports, allow_localhost=self.allow_localhost)


def _is_secret(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(_PREFIX) and len(key) in _BYTES
