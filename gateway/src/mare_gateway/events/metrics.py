"""Prometheus metrics of the events process."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.open = Gauge("gateway_events_streams_open", "Open streams.", registry=self.registry)
        self.streams = Counter(
            "gateway_events_streams",
            "Streams that ended: ended with the job, closed at a stop, disconnected by the client, "
            "or too slow.",
            ["outcome"],
            registry=self.registry,
        )
        self.events = Counter(
            "gateway_events_sent", "Events and heartbeats sent.", registry=self.registry
        )
        self.refused = Counter(
            "gateway_events_refused",
            "Streams refused, by code of the problem.",
            ["code"],
            registry=self.registry,
        )
