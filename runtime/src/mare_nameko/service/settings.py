"""The environment variables of a service's process."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from mare_nameko.addresses import BrokerSettings
from mare_nameko.settings import variable
from mare_nameko.tracing import TraceSettings

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Short = Annotated[int, Meta(ge=1, le=65_535)]
"""AMQP stores prefetch count and heartbeat in two bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(TraceSettings, BrokerSettings):
    """Settings of the runtime. The service's own settings are a class of their own."""

    prefix: ClassVar[str] = "RUNTIME_"

    max_workers: Short = 10
    """Messages handled at a time, and prefetched from each queue."""

    shutdown_seconds: Seconds = 25.0
    """Seconds that running work has to finish after SIGTERM. Set the pod's
    `terminationGracePeriodSeconds` 5 s higher."""

    call_seconds: Seconds = 10.0
    """Time limit of a call to another service, in seconds. `RpcProxy(timeout=)` overrides it."""

    no_consumers_grace: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    """Seconds that a call waits for a service without consumers before it fails. If an autoscaler
    starts services from zero, set it to their start time."""

    publish_seconds: Seconds = 5.0
    """Seconds that the broker has to confirm a message."""

    heartbeat_seconds: Short = 20
    """AMQP heartbeat in seconds. A connection that is silent for twice as long is closed."""

    retry_seconds: tuple[Seconds, ...] = (1.0, 10.0, 60.0)
    """Delays before a failed event is delivered again, in seconds. The last one repeats."""

    retry_limit: Annotated[int, Meta(ge=0)] = 5
    """Retries of a failed event before it is dead-lettered."""

    health_host: str = ""
    """Address of /livez, /readyz and /metrics. Empty: all addresses, IPv4 and IPv6."""

    health_port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    """Port of /livez, /readyz and /metrics. 0 takes a free port and logs it."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = variable("LOG_LEVEL", default="INFO")
    """Least severe level that is logged. The format is JSON, or plain text if stderr is a
    terminal."""
