"""The environment variables of the events process."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from mare_gateway.clients import Scope
from mare_nameko.addresses import BrokerSettings
from mare_nameko.client import Options
from mare_nameko.settings import variable

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Port = Annotated[int, Meta(ge=0, le=65535)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BrokerSettings):
    """Settings of the events process."""

    prefix: ClassVar[str] = "EVENTS_"

    host: str = variable("GATEWAY_HOST", default="127.0.0.1")
    """Address of both ports. The images set 0.0.0.0."""

    port: Port = 5001
    """Port of the streams. 0 takes a free port and logs it."""

    health_port: Port = 8000
    """Port of /livez, /readyz and /metrics. 0 takes a free port and logs it."""

    max_streams: Annotated[int, Meta(ge=1, le=100_000)] = 5_000
    """Open streams; more are refused with 503."""

    max_streams_per_address: Annotated[int, Meta(ge=1, le=100_000)] = 100
    """Open streams of one client address, of IPv6 of a /64; more are refused with 429."""

    heartbeat_seconds: Seconds = 15.0
    """Interval of comments in a stream without events, in seconds."""

    send_seconds: Seconds = 20.0
    """Seconds that a client has to read what was sent; a slower one is disconnected."""

    read_seconds: Seconds = 5.0
    """Deadline for the state of a job, in seconds."""

    keys_file: str = variable("GATEWAY_KEYS_FILE", default="")
    """File of API keys, as for the gateway."""

    anonymous_scopes: tuple[Scope, ...] = variable("GATEWAY_ANONYMOUS_SCOPES", default=("read",))
    """What clients without a key may do if there are keys, as for the gateway; streams need `jobs`.
    """

    trusted_proxies: Annotated[int, Meta(ge=0, le=10)] = variable(
        "GATEWAY_TRUSTED_PROXIES", default=0
    )
    """Number of proxies in front that append to X-Forwarded-For. 0: the header is ignored."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = variable("LOG_LEVEL", default="INFO")
    """Least severe level that is logged."""

    @property
    def is_local(self) -> bool:
        """Whether only clients on this machine can connect."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    def rpc_options(self) -> Options:
        """Return the options of both connections to the broker."""
        return Options(amqp_uri=self.amqp_uri, tls_files=self.tls_files, name="events")
