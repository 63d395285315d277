"""The operator's settings: environment variables, read once at the start."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
)

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class SettingsError(Exception):
    """Environment variables are wrong. The text has one line for each of them."""


def _names(text: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(text, tuple):
        return text
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _path(text: str) -> str:
    path = "/" + text.strip("/") if text.strip("/") else ""
    if not _PREFIX.fullmatch(path):
        raise ValueError("use a path such as /mare")
    return path


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(_names)]
Path = Annotated[str, BeforeValidator(_path)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """The string below each field is its description in the documentation."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, use_attribute_docstrings=True
    )

    namespaces: Names = Field((), validation_alias="MARE_NAMESPACES")
    """Namespaces to watch, separated by commas. Empty: the whole cluster."""
    leader_election: bool = Field(True, validation_alias="MARE_LEADER_ELECTION")
    """Whether to act only while this replica holds the Lease."""
    lease_namespace: str = Field("default", validation_alias="POD_NAMESPACE")
    """Namespace of the Lease."""
    lease_name: str = Field("mare-operator", validation_alias="MARE_LEASE_NAME")
    """Name of the Lease."""
    lease_seconds: Annotated[float, Field(ge=2, le=60)] = Field(
        3.5, validation_alias="MARE_LEASE_SECONDS"
    )
    """Seconds after which another replica takes a Lease that is not renewed."""
    identity: str = Field("mare", validation_alias="POD_NAME")
    """Name of this replica. Each replica needs its own; a random suffix is added."""
    host: str = Field("0.0.0.0", validation_alias="MARE_HOST")  # noqa: S104
    """Address of /livez, /readyz and /metrics."""
    port: Port = Field(8080, validation_alias="MARE_PORT")
    """Port of /livez, /readyz and /metrics. 0 takes a free port."""
    metrics_authentication: bool = Field(False, validation_alias="MARE_METRICS_AUTHENTICATION")
    """Whether /metrics requires the token of a user with `get` on the non-resource URL /metrics."""
    dashboard: bool = Field(True, validation_alias="MARE_DASHBOARD")
    """Whether to serve the dashboard."""
    dashboard_host: str = Field("127.0.0.1", validation_alias="MARE_DASHBOARD_HOST")
    """Address of the dashboard."""
    dashboard_port: Port = Field(8081, validation_alias="MARE_DASHBOARD_PORT")
    """Port of the dashboard. 0 takes a free port."""
    dashboard_prefix: Path = Field("", validation_alias="MARE_DASHBOARD_PREFIX")
    """Path of the dashboard, for example /mare."""
    dashboard_hosts: Names = Field((), validation_alias="MARE_DASHBOARD_HOSTS")
    """Host names of the dashboard, separated by commas, besides localhost and IP addresses."""
    tick_seconds: Annotated[float, Field(ge=0.05, le=1)] = Field(
        0.25, validation_alias="MARE_TICK_SECONDS"
    )
    """Shortest time between two reads of an object, in seconds."""
    reads_per_second: Annotated[float, Field(ge=1, le=10_000)] = Field(
        400.0, validation_alias="MARE_READS_PER_SECOND"
    )
    """Broker reads per second. With more objects than that allows, each is read less often."""
    namespace_queues: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        2_000, validation_alias="MARE_NAMESPACE_QUEUES"
    )
    """Queues that the objects of one namespace may select together; an object counts as one at
    least. The newest objects beyond that are unknown."""
    statistics_seconds: Annotated[float, Field(ge=1, le=60)] = Field(
        5.0, validation_alias="MARE_STATISTICS_SECONDS"
    )
    """Time between two readings of a broker's statistics, in seconds."""
    secret_seconds: Annotated[float, Field(ge=1, le=3600)] = Field(
        30.0, validation_alias="MARE_SECRET_SECONDS"
    )
    """Time after which a Secret is read again, in seconds."""
    require_secret_label: bool = Field(True, validation_alias="MARE_REQUIRE_SECRET_LABEL")
    """Whether to use only Secrets with the label `mare.dev/broker=true`."""
    broker_networks: Networks = Field(
        ("0.0.0.0/0", "::/0"), validation_alias="MARE_BROKER_NETWORKS", validate_default=True
    )
    """Networks that connections to brokers may lead to, separated by commas. They include loopback,
    link-local and metadata addresses only if a network lies within such a range, such as
    127.0.0.0/8. The address of the API server is always refused."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias="LOG_LEVEL"
    )
    """Least severe level that is logged."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings; raise `SettingsError` that names every wrong variable.

        An empty variable counts as absent.
        """
        given = {name: text.strip() for name, text in environ.items() if text.strip()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            mistakes = (
                f"{each['loc'][0]}={each['input']!r}: {each['msg']}" for each in error.errors()
            )
            raise SettingsError("\n".join(mistakes)) from error


def variables() -> list[str]:
    """Return the names of all environment variables."""
    return [str(field.validation_alias) for field in Settings.model_fields.values()]
