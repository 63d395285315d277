"""``python -m devcluster.images.push NAME REFERENCE``: build an image and push it; for Skaffold."""

import sys

from devcluster.command import say
from devcluster.images.origin import engine
from devcluster.images.supply import IMAGES, build
from local.settings import cache_folder

if len(sys.argv) != 3 or sys.argv[1] not in IMAGES:  # noqa: PLR2004 - program, name, reference
    sys.exit(f"usage: python -m devcluster.images.push {{{','.join(IMAGES)}}} REFERENCE")
name, reference = sys.argv[1:]
builder = engine(cache_folder(), say)
builder.name_also(build(builder, name), reference)
builder.push(reference, insecure=True)
