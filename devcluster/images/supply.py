"""Builds the images of the test cluster: ours, and those of servers in Debian 13."""

from pathlib import Path

from devcluster.images.engine import Engine
from devcluster.images.recipe import COMPONENTS, Recipe, component

SERVERS = ("rabbitmq", "valkey", "postgresql")
IMAGES = (*COMPONENTS, *SERVERS)


def build(builder: Engine, name: str) -> str:
    """Build one of :data:`IMAGES`; return its name on this machine."""
    base = builder.base()
    tag = f"mare/{name}:{'debian13' if name in SERVERS else 'dev'}"
    builder.build(_server(name, base) if name in SERVERS else component(name, base), tag)
    return tag


def _server(name: str, base: str) -> Recipe:
    folder = Path(__file__).parent
    return Recipe(
        context=folder, dockerfile=folder / f"{name}.Dockerfile", arguments={"BASE": base}
    )
