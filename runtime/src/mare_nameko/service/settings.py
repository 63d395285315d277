"""What an operator can tell a service, as environment variables."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from msgspec import Meta

from mare_nameko.addresses import AmqpUri, find_tls_mistakes
from mare_nameko.settings import SettingsError, read_settings, variable

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Short = Annotated[int, Meta(ge=1, le=65_535)]
"""What AMQP has two bytes for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Read with :meth:`from_env`; the name of a variable is ``RUNTIME_`` and the field's name."""

    amqp_uri: AmqpUri = variable("AMQP_URI", default=AmqpUri("amqp://guest:guest@127.0.0.1:5672/"))
    """``AMQP_URI``: the broker, ``amqps://`` with TLS; several joined with ``;`` for failover."""

    amqp_ca_file: str = variable("AMQP_CA_FILE", default="")
    """``AMQP_CA_FILE``: who may vouch for the broker (PEM); default: who the system trusts."""

    amqp_cert_file: str = variable("AMQP_CERT_FILE", default="")
    """``AMQP_CERT_FILE``: our own certificate (PEM), where the broker asks for one."""

    amqp_key_file: str = variable("AMQP_KEY_FILE", default="")
    """``AMQP_KEY_FILE``: the key of that certificate (PEM)."""

    max_workers: Short = 10
    """Messages handled at a time, and prefetched from each queue; default 10."""

    shutdown_seconds: Seconds = 25.0
    """Time for running work after SIGTERM, in seconds; default 25, of Kubernetes' usual 30."""

    call_seconds: Seconds = 10.0
    """Time for a call to another service unless the proxy says otherwise; default 10 seconds."""

    publish_seconds: Seconds = 5.0
    """Time for the broker to confirm a message, in seconds; default 5."""

    heartbeat_seconds: Short = 20
    """After twice as much silence a connection counts as dead, in seconds; default 20."""

    retry_seconds: tuple[Seconds, ...] = (1.0, 10.0, 60.0)
    """Delays before a failed event is tried again; the last repeats; default ``1,10,60``."""

    retry_limit: Annotated[int, Meta(ge=0)] = 5
    """Retries of a failed event before it is dead-lettered; default 5."""

    health_host: str = ""
    """Address of /livez, /readyz and /metrics; default all, IPv4 and IPv6."""

    health_port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    """Port of /livez, /readyz and /metrics; 0 takes a free one and logs it; default 8000."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = variable("LOG_LEVEL", default="INFO")
    """``LOG_LEVEL``: from here on it is logged; default INFO."""

    otlp_endpoint: str = variable("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
    """``OTEL_EXPORTER_OTLP_ENDPOINT``: where traces go, over HTTP; default: nowhere."""

    otlp_traces_endpoint: str = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default="")
    """``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``: the same, with the full path."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings in ``environ``; raise SettingsError with all mistakes."""
        mistakes = list(find_tls_mistakes(environ))
        try:
            settings = read_settings(cls, "RUNTIME_", environ)
        except SettingsError as error:
            mistakes.insert(0, str(error))
        if mistakes:
            raise SettingsError("\n".join(mistakes))
        return settings

    @property
    def exports_traces(self) -> bool:
        return bool(self.otlp_endpoint or self.otlp_traces_endpoint)


def host_name() -> str:
    """Return the name of this machine; in Kubernetes that is the pod's."""
    return socket.gethostname()
