"""The inputs of an image build."""

import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[2]
STOCK_BASE = "python:3.13-slim-trixie"
COMPONENTS = ("gateway", "services", "operator")


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
    return Recipe(
        context=PROJECT,
        dockerfile=PROJECT / "Dockerfile",
        target=name,
        arguments={"BASE": base, "VERSION": _version(name), "REVISION": _revision()},
        timestamp=timestamp,
    )


def _version(name: str) -> str:
    project = tomllib.loads((PROJECT / name / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _revision() -> str:
    try:
        asked = subprocess.run(
            ["git", "-C", str(PROJECT), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "unknown"
    return asked.stdout.strip() or "unknown"
