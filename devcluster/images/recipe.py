"""The images: ours, and those of servers in Debian 13 that the test cluster runs."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mare.processes.command import CommandFailed, run

PROJECT = Path(__file__).parents[2]
STOCK_BASE = "python:3.13-slim-trixie"
COMPONENTS = ("gateway", "services", "operator")
SERVERS = ("rabbitmq", "valkey", "postgresql")
IMAGES = (*COMPONENTS, *SERVERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    context: Path
    dockerfile: Path
    target: str = ""
    """A stage of the Dockerfile; default: its last."""

    arguments: Mapping[str, str] = field(default_factory=dict)
    timestamp: int | None = None
    """Time of all files of all layers, in seconds since the epoch. With it, no layer comes from the
    cache, and two builds are the same image. None: the time of the build."""


def component(name: str, base: str, timestamp: int | None = None) -> Recipe:
    project = tomllib.loads((PROJECT / name / "pyproject.toml").read_text(encoding="utf-8"))
    version = str(project["project"]["version"])
    return Recipe(
        context=PROJECT,
        dockerfile=PROJECT / "Dockerfile",
        target=name,
        arguments={"BASE": base, "VERSION": version, "REVISION": _revision()},
        timestamp=timestamp,
    )


def server(name: str, base: str) -> Recipe:
    folder = Path(__file__).parent
    dockerfile = folder / f"{name}.Dockerfile"
    return Recipe(context=folder, dockerfile=dockerfile, arguments={"BASE": base})


def _revision() -> str:
    try:
        return run(["git", "-C", PROJECT, "rev-parse", "HEAD"], seconds=30).strip()
    except (FileNotFoundError, CommandFailed):
        return "unknown"
