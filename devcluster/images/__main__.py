"""``python -m devcluster.images``: build the images; print size and build time of each."""

import argparse
import os
import sys
import time

from devcluster import CannotRun, say
from devcluster.images.engines import Engine, engine
from devcluster.images.recipe import COMPONENTS, component
from mare.processes.command import CommandFailed

MEGABYTE = 1_000_000


def main() -> None:
    options = _options()
    try:
        builder = engine()
        base = builder.base()
        for name in options.components or COMPONENTS:
            if options.twice:
                _build_twice(builder, name, base)
            else:
                _build(builder, name, base)
    except (CannotRun, CommandFailed) as error:
        sys.exit(str(error))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m devcluster.images", description=__doc__)
    parser.add_argument("components", nargs="*", metavar="COMPONENT", help=", ".join(COMPONENTS))
    parser.add_argument(
        "--twice", action="store_true", help="build twice without cache; fail if the images differ"
    )
    options = parser.parse_args()
    if unknown := set(options.components) - set(COMPONENTS):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(COMPONENTS)}")
    return options


def _build(builder: Engine, name: str, base: str) -> None:
    tag = f"mare/{name}:dev"
    start = time.monotonic()
    builder.build(component(name, base), tag)
    seconds = time.monotonic() - start
    whole, below = builder.size(tag) / MEGABYTE, builder.size(base) / MEGABYTE
    say(f"{tag}  {whole:.0f} MB, {whole - below:.0f} above its base, in {seconds:.1f} s")


def _build_twice(builder: Engine, name: str, base: str) -> None:
    """Build with all times set to $SOURCE_DATE_EPOCH, by default 0."""
    timestamp = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    digests = []
    for number in (1, 2):
        tag = f"mare/{name}:release-check-{number}"
        builder.build(component(name, base, timestamp), tag)
        digests.append(builder.identity(tag))
        whole = builder.size(tag) / MEGABYTE
        say(f"{tag}  {whole:.0f} MB  sha256:{digests[-1]}")
    if digests[0] != digests[1]:
        raise CommandFailed(f"Two builds of {name} are different images.")


if __name__ == "__main__":
    main()
