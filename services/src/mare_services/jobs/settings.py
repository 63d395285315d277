"""Settings of the jobs service."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings, Secret, variable
from mare_services.contract.callback_urls import UrlRules
from mare_services.jobs.domain.job import MAX_OPEN, Terms

Seconds = Annotated[float, Meta(gt=0, le=604_800)]


class StoreUri(Secret):
    """``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        if not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("a store must begin with sqlite:/// or postgresql://")

    @property
    def sqlite_path(self) -> Path | None:
        return Path(self.removeprefix("sqlite://")) if self.startswith("sqlite://") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    prefix: ClassVar[str] = "JOBS_"

    store: StoreUri
    """Store of the jobs: ``sqlite:///PATH`` on one machine, ``postgresql://...`` in a cluster."""

    duration_seconds: Seconds = 900.0
    """How long a job may take before it expires, in seconds."""

    retention_seconds: Seconds = 86_400.0
    """How long the record of an ended job is kept, in seconds; in a batch, that of its last one."""

    stalled_seconds: Seconds = 60.0
    """Without a change for this long (six times as long after its begin), a job is published to
    the workers again if no event of a job waits at the broker, or in the last third of
    `JOBS_DURATION_SECONDS`."""

    redeliveries: Annotated[int, Meta(ge=0, le=100)] = 5
    """How often a stalled attempt is published again before it is left to expire."""

    max_open: Annotated[int, Meta(ge=1)] = MAX_OPEN
    """Jobs of one API key, or of one address without a key, that have not ended. Further
    ones are refused with 429. With PostgreSQL, submissions at the same moment may exceed it by 8
    for each replica."""

    callbacks: bool = False
    """Whether jobs may have a `callback_url`. Set it where the webhooks service runs."""

    callback_ports: tuple[Annotated[int, Meta(ge=1, le=65_535)], ...] = variable(
        "WEBHOOKS_PORTS", default=(443, 8443)
    )
    """Ports of receivers, as the webhooks service has them."""

    callback_localhost: bool = variable("WEBHOOKS_ALLOW_LOCALHOST", default=False)
    """For development: whether callbacks may go to this machine."""

    @property
    def url_rules(self) -> UrlRules | None:
        """Return the rules of callback URLs, None if jobs have no callbacks."""
        if not self.callbacks:
            return None
        return UrlRules(ports=self.callback_ports, allow_localhost=self.callback_localhost)

    @property
    def terms(self) -> Terms:
        return Terms(
            duration=timedelta(seconds=self.duration_seconds),
            retention=timedelta(seconds=self.retention_seconds),
        )
