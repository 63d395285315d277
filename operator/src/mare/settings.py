"""The operator's settings: environment variables, read once."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class SettingsError(Exception):
    """Environment variables cannot be understood; the text lists every one."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return text.lower() == "true"


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(f"is not between {low} and {high}")
        return value

    return read


def _port(text: str) -> int:
    return int(_number(0, 65535)(text))


def _path(text: str) -> str:
    path = "/" + text.strip("/") if text.strip("/") else ""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", path):
        raise ValueError("is not a path such as /mare")
    return path


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return text

    return read


def _variable(name: str, default: Any, read: Callable[[str], Any] = str) -> Any:
    return dataclasses.field(default=default, metadata={"variable": name, "read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    namespaces: tuple[str, ...] = _variable("MARE_NAMESPACES", (), _words)
    """Namespaces to look after, separated by commas. Default: the whole cluster."""
    leader_election: bool = _variable("MARE_LEADER_ELECTION", True, _switch)
    """Whether to wait for a Lease before acting. Default: true."""
    lease_namespace: str = _variable("POD_NAMESPACE", "default")
    """Namespace of the Lease. Default: default."""
    lease_name: str = _variable("MARE_LEASE_NAME", "mare-operator")
    lease_seconds: float = _variable("MARE_LEASE_SECONDS", 3.5, _number(2, 60))
    """Seconds after which another replica takes a Lease that is not renewed. Default: 3.5."""
    identity: str = _variable("POD_NAME", "mare")
    """Name of this replica; each needs its own. A random suffix is added. Default: mare."""
    host: str = _variable("MARE_HOST", "0.0.0.0")  # noqa: S104
    """Address of /livez, /readyz and /metrics. Default: all."""
    port: int = _variable("MARE_PORT", 8080, _port)
    """Port of the same; 0 takes any. Default: 8080."""
    dashboard: bool = _variable("MARE_DASHBOARD", True, _switch)
    """Whether to serve the page that shows what is decided and why. Default: true."""
    dashboard_host: str = _variable("MARE_DASHBOARD_HOST", "127.0.0.1")
    """Address on which the dashboard listens. Default: 127.0.0.1."""
    dashboard_port: int = _variable("MARE_DASHBOARD_PORT", 8081, _port)
    """Port of the dashboard; 0 takes any. Default: 8081."""
    dashboard_prefix: str = _variable("MARE_DASHBOARD_PREFIX", "", _path)
    """Path under which the dashboard lies, for example /mare. Default: none."""
    dashboard_hosts: tuple[str, ...] = _variable("MARE_DASHBOARD_HOSTS", (), _words)
    """Names by which the dashboard may be called besides localhost and addresses. Default: none."""
    tick_seconds: float = _variable("MARE_TICK_SECONDS", 0.25, _number(0.05, 1))
    """Shortest time between two looks at an object, in seconds. Default: 0.25."""
    reads_per_second: float = _variable("MARE_READS_PER_SECOND", 400.0, _number(1, 10_000))
    """Broker reads a second up to which ticks are that short. Default: 400."""
    statistics_seconds: float = _variable("MARE_STATISTICS_SECONDS", 5.0, _number(1, 60))
    """Time between two readings of a broker's statistics, in seconds. Default: 5."""
    secret_seconds: float = _variable("MARE_SECRET_SECONDS", 30.0, _number(1, 3600))
    """Time after which a Secret is read again, in seconds. Default: 30."""
    log_level: str = _variable("LOG_LEVEL", "INFO", _one_of("DEBUG", "INFO", "WARNING", "ERROR"))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read them; raise `SettingsError` that names all variables that are wrong."""
        values: dict[str, Any] = {}
        mistakes = []
        for field in dataclasses.fields(cls):
            name, read = field.metadata["variable"], field.metadata["read"]
            text = environ.get(name, "").strip()
            if not text:
                continue
            try:
                values[field.name] = read(text)
            except ValueError as error:
                mistakes.append(f"{name}={text!r} {error}")
        if mistakes:
            raise SettingsError("\n".join(mistakes))
        return cls(**values)
