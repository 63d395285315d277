"""Files and environment of a node that shares nothing with other nodes of the machine."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mare.processes.tcp_ports import free_port

STATISTICS_SECONDS = 1
"""Time between two renewals of the numbers of the management API; RabbitMQ's default is 5 s.

Counters are sampled as often as the shortest retention policy says, whatever the interval is at
which statistics are collected (docs/decisions/sample-statistics-out-of-step.md).
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
    (settings / "rabbitmq.conf").write_text(_settings(ports, places))
    (settings / "advanced.config").write_text(
        f"[{{rabbit, [{{quorum_tick_interval, {_MILLISECONDS}}}]}}].\n"
    )
    (settings / "enabled_plugins").write_text("[rabbitmq_management,rabbitmq_prometheus].\n")
    (settings / "definitions.json").write_text(json.dumps(definitions))
    for file in settings.iterdir():
        file.chmod(0o644)
    settings.chmod(0o755)


def _settings(ports: Ports, places: Places) -> str:
    return f"""\
listeners.tcp.1 = {places.listen}:{ports.amqp}
management.tcp.ip = {places.listen}
management.tcp.port = {ports.management}
prometheus.tcp.ip = {places.listen}
prometheus.tcp.port = {ports.prometheus}
load_definitions = {places.settings}/definitions.json
log.console = true
log.console.level = info
log.file = false
vm_memory_high_watermark.absolute = 1GiB
collect_statistics_interval = {_MILLISECONDS}
management.sample_retention_policies.global.minute = {STATISTICS_SECONDS}
management.sample_retention_policies.basic.minute = {STATISTICS_SECONDS}
management.sample_retention_policies.detailed.minute = {STATISTICS_SECONDS}
"""


def environment(node: str, ports: Ports, places: Places) -> dict[str, str]:
    """Return the environment of the server. It reads no settings of the machine."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(places.data),
        "ERL_EPMD_PORT": str(ports.epmd),
        "ERL_CRASH_DUMP": f"{places.data}/erl_crash.dump",
        # An address: a minimal machine may not resolve localhost.
        "RABBITMQ_USE_LONGNAME": "true",
        "RABBITMQ_NODENAME": f"{node}@127.0.0.1",
        "RABBITMQ_DIST_PORT": str(ports.distribution),
        "RABBITMQ_CONFIG_FILE": f"{places.settings}/rabbitmq.conf",
        "RABBITMQ_CONFIG_FILES": f"{places.settings}/none",
        "RABBITMQ_ADVANCED_CONFIG_FILE": f"{places.settings}/advanced.config",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{places.settings}/enabled_plugins",
        "RABBITMQ_MNESIA_BASE": f"{places.data}/mnesia",
        "RABBITMQ_GENERATED_CONFIG_DIR": f"{places.data}/config",
        "RABBITMQ_LOG_BASE": f"{places.data}/log",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ("-kernel inet_dist_use_interface {127,0,0,1}"),
        # The start script then calls exec, so that signals reach the server.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
