"""The operator's settings: environment variables, read once at the start."""

import dataclasses
import ipaddress
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

import msgspec

from mare.broker.networks import EVERYWHERE, Network

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class SettingsError(Exception):
    """Environment variables are wrong. The text has one line for each of them."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, _names(text)))


def _path(text: str) -> str:
    path = "/" + text.strip("/") if text.strip("/") else ""
    if not _PREFIX.fullmatch(path):
        raise ValueError("use a path such as /mare")
    return path


def _switch(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    if text.lower() not in words:
        raise ValueError("use true or false")
    return words[text.lower()]


def _level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ValueError(f"use one of {', '.join(_LEVELS)}")
    return text.upper()


def _variable(default: Any, name: str = "", reads: Callable[[str], object] | None = None) -> Any:
    """Return a field with another name than its own, or another form than a scalar of JSON."""
    return dataclasses.field(
        default=default,
        metadata={key: value for key, value in (("variable", name), ("reads", reads)) if value},
    )


Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The string below each field is its description in the documentation."""

    prefix: ClassVar[str] = "MARE_"

    namespaces: tuple[str, ...] = _variable((), reads=_names)
    """Namespaces to watch, separated by commas. Empty: the whole cluster."""
    leader_election: bool = True
    """Whether to act only while this replica holds the Lease."""
    lease_namespace: str = _variable("default", "POD_NAMESPACE")
    """Namespace of the Lease."""
    lease_name: str = "mare-operator"
    """Name of the Lease."""
    shards: Annotated[int, msgspec.Meta(ge=1, le=32)] = 1
    """Shards into which the namespaces of objects are divided. Each replica leads its share."""
    lease_seconds: Annotated[float, msgspec.Meta(ge=2, le=60)] = 3.5
    """Seconds after which another replica takes a Lease that is not renewed."""
    identity: str = _variable("mare", "POD_NAME")
    """Name of this replica. Each replica needs its own; a random suffix is added."""
    host: str = "::"
    """Address of /livez, /readyz, /leader and /metrics. :: is all addresses, of IPv6 and IPv4."""
    port: Port = 8080
    """Port of /livez, /readyz, /leader and /metrics. 0 takes a free port."""
    metrics_authentication: bool = False
    """Whether /metrics requires the token of a user with `get` on the non-resource URL /metrics."""
    dashboard: bool = True
    """Whether to serve the dashboard."""
    dashboard_host: str = "127.0.0.1"
    """Address of the dashboard."""
    dashboard_port: Port = 8081
    """Port of the dashboard. 0 takes a free port."""
    dashboard_prefix: str = _variable("", reads=_path)
    """Path of the dashboard, for example /mare."""
    dashboard_hosts: tuple[str, ...] = _variable((), reads=_names)
    """Host names of the dashboard, separated by commas, besides localhost and IP addresses."""
    tick_seconds: Annotated[float, msgspec.Meta(ge=0.05, le=1)] = 0.25
    """Shortest time between two reads of an object, in seconds."""
    reads_per_second: Annotated[float, msgspec.Meta(ge=1, le=10_000)] = 400.0
    """Broker reads per second. With more objects than that allows, each is read less often."""
    namespace_queues: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 2_000
    """Queues that the objects of one namespace may select together; an object counts as one at
    least. The newest objects beyond that are unknown."""
    statistics_seconds: Annotated[float, msgspec.Meta(ge=1, le=60)] = 5.0
    """Time between two readings of a broker's statistics, in seconds."""
    secret_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 30.0
    """Time after which a Secret is read again, in seconds."""
    mark_pods: bool = True
    """Whether to mark idle Pods before a scale-down, which needs list and patch on Pods."""
    require_secret_label: bool = True
    """Whether to use only Secrets with the label `mare.dev/broker=true`."""
    broker_networks: tuple[Network, ...] = _variable(EVERYWHERE, reads=_networks)
    """Networks that connections to brokers may lead to, separated by commas. They include loopback,
    link-local and metadata addresses only if a network lies within such a range, such as
    127.0.0.0/8. The Service address of the API server is always refused."""
    log_level: str = _variable("INFO", "LOG_LEVEL", _level)
    """Least severe level that is logged."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings that are not empty; `SettingsError` names every wrong variable."""
        types = typing.get_type_hints(cls, include_extras=True)
        values: dict[str, Any] = {}
        mistakes = []
        for field in dataclasses.fields(cls):
            name = _name_of(field)
            if not (text := environ.get(name, "").strip()):
                continue
            kind = types[field.name]
            reads: Callable[[str], Any] = field.metadata.get("reads") or (
                _switch if kind is bool else partial(msgspec.convert, type=kind, strict=False)
            )
            try:
                values[field.name] = reads(text)
            except ValueError as error:  # msgspec's ValidationError is one
                mistakes.append(f"{name}={text!r}: {error}")
        if mistakes:
            raise SettingsError("\n".join(mistakes))
        return cls(**values)


def variables() -> list[str]:
    """Return the names of all environment variables."""
    return [_name_of(field) for field in dataclasses.fields(Settings)]


def _name_of(field: "dataclasses.Field[Any]") -> str:
    return str(field.metadata.get("variable", Settings.prefix + field.name.upper()))
