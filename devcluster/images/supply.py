"""Builds and pushes the images of the test cluster: ours, and those of servers in Debian 13."""

from collections.abc import Callable, Mapping
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


def push_all(builder: Engine, registry: str, say: Callable[[str], None]) -> Mapping[str, str]:
    """Build and push all images; the tags of the references are digests of the content."""
    return {name: _push(builder, name, registry, say) for name in IMAGES}


def _push(builder: Engine, name: str, registry: str, say: Callable[[str], None]) -> str:
    built = build(builder, name)
    pushed = f"{registry}/mare/{name}:{builder.identity(built)[:12]}"
    builder.name_also(built, pushed)
    builder.push(pushed, insecure=True)
    say(f"Pushed {pushed}")
    return pushed


def _server(name: str, base: str) -> Recipe:
    folder = Path(__file__).parent
    return Recipe(
        context=folder, dockerfile=folder / f"{name}.Dockerfile", arguments={"BASE": base}
    )
