"""The environment variables of the events process."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from mare_gateway.settings import ClientSettings, Seconds
from mare_nameko.client import Options

Port = Annotated[int, Meta(ge=0, le=65535)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    prefix: ClassVar[str] = "EVENTS_"

    port: Port = 5001
    """Port of the streams. 0 takes a free port and logs it."""

    health_port: Port = 8000
    """Port of /livez, /readyz and /metrics. 0 takes a free port and logs it."""

    max_streams: Annotated[int, Meta(ge=1, le=100_000)] = 5_000
    """Open streams; more are refused with 503."""

    max_streams_per_address: Annotated[int, Meta(ge=1, le=100_000)] = 100
    """Open streams of one client address, of IPv6 of a /64; more are refused with 429. Without
    proxies in front, an address can have twice as many connections."""

    heartbeat_seconds: Seconds = 15.0
    """Interval of comments in a stream without events, in seconds."""

    send_seconds: Seconds = 20.0
    """Seconds that a client has to read what was sent; a slower one is disconnected."""

    read_seconds: Seconds = 5.0
    """Deadline for the state of a job, in seconds."""

    @property
    def max_connections_per_address(self) -> float:
        """Return how many a client may open; behind proxies, all have the address of a proxy."""
        return math.inf if self.trusted_proxies else 2 * self.max_streams_per_address

    def rpc_options(self) -> Options:
        """Return the options of both connections to the broker."""
        return Options(amqp_uri=self.amqp_uri, tls_files=self.tls_files, name="events")
