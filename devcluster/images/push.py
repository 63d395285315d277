"""``python -m devcluster.images.push NAME REFERENCE``: build an image and push it; for Skaffold."""

import sys

from devcluster.images.engines import Engine, engine
from devcluster.images.recipe import IMAGES, SERVERS, component, server


def build(builder: Engine, name: str) -> str:
    """Build one of `IMAGES`; return its name on this machine."""
    base = builder.base()
    tag = f"mare/{name}:{'debian13' if name in SERVERS else 'dev'}"
    builder.build(server(name, base) if name in SERVERS else component(name, base), tag)
    return tag


def push(builder: Engine, image: str, reference: str) -> None:
    builder.name_also(image, reference)
    builder.push(reference, insecure=True)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in IMAGES:  # noqa: PLR2004 - program, name, reference
        sys.exit(f"usage: python -m devcluster.images.push {{{','.join(IMAGES)}}} REFERENCE")
    builder = engine()
    push(builder, build(builder, sys.argv[1]), sys.argv[2])
