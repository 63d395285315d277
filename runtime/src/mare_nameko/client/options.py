"""How a client behaves; every time is in seconds."""

from dataclasses import dataclass, field

from mare_nameko.addresses import AmqpUri, TlsFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of an :class:`~mare_nameko.client.client.RpcClient`."""

    amqp_uri: AmqpUri
    """The broker's addresses, tried in turn."""

    tls_files: TlsFiles = field(default_factory=TlsFiles)
    """Certificates for ``amqps://`` addresses."""

    name: str = "rpc-client"
    """Shown by the broker as the connection's name and in the call stacks of services."""

    max_in_flight: int = 256
    """Calls that may wait for a reply at once; more are refused at once."""

    no_consumers_grace: float = 2.0
    """How long a call waits for a consumer to appear before it fails; 0 fails at once, a value
    above the call's own time-out never does and so gives an autoscaler time to wake a service."""

    max_timeouts: int = 5
    """Time-outs in a row after which a service's circuit opens."""

    circuit_pause: float = 5.0
    """An open circuit lets one call through in this time, as a trial."""

    connect_timeout: float = 3.0
    """Bound on connecting to one endpoint, TLS and log-in included."""

    method_timeout: float = 5.0
    """Bound on one synchronous exchange with the broker, and on one write."""

    heartbeat: float = 10.0
    """AMQP heartbeat; a silent peer is given up after twice that."""

    backoff: float = 0.2
    """First pause before connecting anew; it doubles, with jitter, up to ``max_backoff``."""

    max_backoff: float = 5.0
    """Longest pause before connecting anew."""

    exchange: str = "nameko-rpc"
    """The exchange that Nameko's configuration calls ``rpc_exchange``."""
