"""The environment variables of the gateway."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from msgspec import Meta

from mare_gateway.cross_origin import Origin
from mare_gateway.keys import KeySet, Scope
from mare_nameko.addresses import BrokerSettings
from mare_nameko.client import Options
from mare_nameko.settings import Secret, variable
from mare_nameko.tracing import TraceSettings

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Port = Annotated[int, Meta(ge=1, le=65535)]


class RateLimit(str):
    """A limit such as ``60/minute``. Raises ValueError for anything else."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if text:
            from limits import parse_many  # noqa: PLC0415  its import takes 0.1 s

            parse_many(text)
        return super().__new__(cls, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings(BrokerSettings):
    """Settings that the gateway and the events process share."""

    host: str = variable("GATEWAY_HOST", default="127.0.0.1")
    """Address of both ports. The images set ::, all addresses of IPv6 and IPv4."""

    cors_origins: tuple[Origin, ...] = variable("GATEWAY_CORS_ORIGINS", default=("*",))
    """Origins whose pages may use the API, for example `https://example.org`: with all methods and
    keys. `*`: pages of every origin may read without a key."""

    keys_file: str = variable("GATEWAY_KEYS_FILE", default="")
    """File of API keys, which `mare-gateway keys` writes. It is read again when it changes. Empty:
    no keys, every client may do everything."""

    anonymous_scopes: tuple[Scope, ...] = variable("GATEWAY_ANONYMOUS_SCOPES", default=("read",))
    """What clients without a key may do if there are keys: `read`, `jobs`, or both; streams need
    `jobs`. Clients with a key have the scopes of their key."""

    trusted_proxies: Annotated[int, Meta(ge=0, le=10)] = variable(
        "GATEWAY_TRUSTED_PROXIES", default=0
    )
    """Number of proxies in front that append to X-Forwarded-For. 0: the header is ignored."""

    rate_limit: RateLimit = variable("GATEWAY_RATE_LIMIT", default=RateLimit(""))
    """Requests of one client address without a key, for example `60/minute`; of IPv6 a /64 is one
    address. A stream is one request. Empty: no limit."""

    key_rate_limit: RateLimit = variable("GATEWAY_KEY_RATE_LIMIT", default=RateLimit(""))
    """Requests with the keys of one name, for example `600/minute;10000/day`. Empty: no limit."""

    rate_limit_storage: Secret = variable("GATEWAY_RATE_LIMIT_STORAGE", default=Secret("memory://"))
    """Where requests are counted: `memory://` in each process, or the URI of a Redis or Valkey
    server that all processes share."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = variable("LOG_LEVEL", default="INFO")
    """Least severe level that is logged."""

    def find_mistakes(self) -> Iterator[str]:
        if self.keys_file:
            try:
                KeySet.read(Path(self.keys_file).read_bytes())
            except (OSError, ValueError) as error:
                yield f"GATEWAY_KEYS_FILE={self.keys_file!r}: {error}."

    @property
    def is_local(self) -> bool:
        """Whether only clients on this machine can connect."""
        return is_local_host(self.host)


def is_local_host(host: str) -> bool:
    """Return whether only clients on this machine can connect to what listens on ``host``."""
    return host in ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(TraceSettings, ClientSettings):
    prefix: ClassVar[str] = "GATEWAY_"

    port: Port = 5000
    """Port of the API."""

    health_port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    """Port of /livez, /readyz and /metrics. 0 takes a free port and logs it."""

    processes: Annotated[int, Meta(ge=1, le=64)] = 1
    """Worker processes. Each has a connection of its own to the broker."""

    threads: Annotated[int, Meta(ge=2, le=1024)] = 48
    """Requests that one worker process handles at a time."""

    max_in_flight: Annotated[int, Meta(ge=1, le=1024)] = 40
    """Calls to services that one worker process has in progress; more are refused with 503. Less
    than `GATEWAY_THREADS`."""

    timeout: Seconds = 10.0
    """Deadline of a request, in seconds."""

    no_consumers_grace: Annotated[float, Meta(ge=0, le=3600)] = 2.0
    """Seconds that a call waits for a service without consumers. If an autoscaler starts services
    from zero, set it to their start time, and `GATEWAY_TIMEOUT` above it."""

    max_queue_depth: Annotated[int, Meta(ge=0)] = 1000
    """Messages that may wait in the queue of a service before further calls to it are refused with
    503. 0: no limit. Calls are also refused while the oldest message has waited for half of
    their deadline."""

    graceful_timeout: Annotated[float, Meta(ge=1, le=3600)] = 30.0
    """Seconds that running requests have to finish after SIGTERM."""

    max_body: Annotated[int, Meta(ge=0)] = 65536
    """Largest request body in bytes."""

    cache_seconds: Annotated[int, Meta(ge=0, le=86400)] = 300
    """Seconds for which an answer may be cached by clients, proxies and the gateway."""

    cache_bytes: Annotated[int, Meta(ge=0)] = 33_554_432
    """Size of the cache of answers in each worker process. An entry counts 1 KiB more than its
    answer. 0: no cache."""

    @property
    def shares_rate_limits(self) -> bool:
        """Whether a server counts requests, for which the gateway waits."""
        return self.rate_limit_storage != "memory://"

    def find_mistakes(self) -> Iterator[str]:
        if self.max_in_flight >= self.threads:
            yield "GATEWAY_MAX_IN_FLIGHT must be less than GATEWAY_THREADS."
        yield from ClientSettings.find_mistakes(self)

    def rpc_options(self) -> Options:
        """Return the options of the RPC client of a worker process."""
        return Options(
            amqp_uri=self.amqp_uri,
            tls_files=self.tls_files,
            name="gateway",
            max_in_flight=self.max_in_flight,
            no_consumers_grace=self.no_consumers_grace,
            max_queue_depth=self.max_queue_depth,
        )
