"""Files and environment of a node that shares nothing with other nodes of the machine."""

import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from mare.processes.tcp_ports import free_port

STATISTICS_SECONDS = 1
"""Seconds between two updates of the statistics (`collect_statistics_interval`). The default is 5.

RabbitMQ samples counters at the interval of the shortest retention policy. The interval at which it
collects statistics has no effect on that (docs/decisions/sample-statistics-out-of-step.md).
"""
_MILLISECONDS = STATISTICS_SECONDS * 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """TCP ports of one node, chosen once so that it comes back on the same ones."""

    amqp: int = field(default_factory=free_port)
    management: int = field(default_factory=free_port)
    prometheus: int = field(default_factory=free_port)
    distribution: int = field(default_factory=free_port)
    epmd: int = field(default_factory=free_port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the server process sees its files, and the address on which it listens."""

    settings: Path
    data: Path
    listen: str = "127.0.0.1"


def make_folders(folder: Path, ports: Ports, places: Places, definitions: dict[str, Any]) -> None:
    """Create ``settings/`` and ``data/``, readable for the other user of a container's server."""
    settings = folder / "settings"
    settings.mkdir()
    (folder / "data").mkdir()
    conf = _filled(
        "rabbitmq.conf",
        **asdict(ports),
        listen=places.listen,
        settings=places.settings,
        milliseconds=_MILLISECONDS,
        seconds=STATISTICS_SECONDS,
    )
    (settings / "rabbitmq.conf").write_text(conf)
    (settings / "advanced.config").write_text(
        f"[{{rabbit, [{{quorum_tick_interval, {_MILLISECONDS}}}]}}].\n"
    )
    (settings / "enabled_plugins").write_text("[rabbitmq_management,rabbitmq_prometheus].\n")
    (settings / "definitions.json").write_text(json.dumps(definitions))
    for file in settings.iterdir():
        file.chmod(0o644)
    settings.chmod(0o755)


def environment(node: str, ports: Ports, places: Places) -> dict[str, str]:
    """Return the environment of the server. It reads no settings of the machine."""
    text = _filled(
        "rabbitmq.env", **asdict(ports), node=node, settings=places.settings, data=places.data
    )
    lines = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, _, value in lines}


def _filled(template: str, **values: object) -> str:
    text = files("mare.private_broker").joinpath(template).read_text(encoding="utf-8")
    return Template(text).substitute(values)
