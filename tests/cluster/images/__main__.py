"""``python -m tests.cluster.images NAME REFERENCE``: build an image and push it; for Skaffold."""

import sys

from local.images.origin import engine
from local.settings import cache_folder
from tests.cluster.images.supply import IMAGES, build


def say(line: object) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - for a person


if len(sys.argv) != 3 or sys.argv[1] not in IMAGES:
    sys.exit(f"usage: python -m tests.cluster.images {{{','.join(IMAGES)}}} REFERENCE")
name, reference = sys.argv[1:]
builder = engine(cache_folder(), say)
builder.name_also(build(builder, name), reference)
builder.push(reference, insecure=True)
