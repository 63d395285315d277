"""The options of a client. All times are in seconds."""

from dataclasses import dataclass, field
from typing import Any

from mare_nameko.addresses import Address, AmqpUri, TlsFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    amqp_uri: AmqpUri
    """The broker's addresses, tried in turn."""

    tls_files: TlsFiles = field(default_factory=TlsFiles)
    """Certificates for ``amqps://`` addresses."""

    name: str = "rpc-client"
    """Name of the connection at the broker, and of the caller in Nameko's call stack."""

    max_in_flight: int = 256
    """Calls that may wait for a reply at a time. Further calls fail at once."""

    no_consumers_grace: float = 2.0
    """How long a call waits for a consumer of the service's queue before it fails. A value above
    the time limit of the calls gives an autoscaler time to start the service from 0 replicas."""

    max_queue_depth: int = 1000
    """Messages that may wait in the queue of a service; further calls fail at once. 0: no limit.
    They also fail at once if the oldest message has waited for half of the time that they have."""

    max_timeouts: int = 5
    """Consecutive time-outs that open a service's circuit."""

    circuit_pause: float = 5.0
    """An open circuit lets one call through in this time."""

    connect_timeout: float = 3.0
    """Time limit to connect to one address, including TLS and login."""

    method_timeout: float = 5.0
    """Time limit of one synchronous exchange with the broker, and of one write."""

    heartbeat: float = 10.0
    """AMQP heartbeat. A connection that is silent for twice as long is closed."""

    backoff: float = 0.2
    """First delay before reconnecting. It doubles up to ``max_backoff``, with jitter."""

    max_backoff: float = 5.0
    """Longest delay before reconnecting."""

    exchange: str = "nameko-rpc"
    """The exchange that Nameko's configuration calls ``rpc_exchange``."""

    def connection_arguments(self, address: Address) -> dict[str, Any]:
        """Return the arguments of ``amqp.Connection`` for one of the broker's addresses."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        tls = self.tls_files.options(address.host) if self.amqp_uri.uses_tls else False
        return {
            "host": f"{host}:{address.port}",
            "userid": address.user,
            "password": address.password,
            "login_method": "PLAIN",
            "virtual_host": address.vhost,
            "ssl": tls,
            "connect_timeout": self.connect_timeout,
            "heartbeat": self.heartbeat,
        }
