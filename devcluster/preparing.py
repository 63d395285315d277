"""Builds the programs and images of the tests in the background, before tests need them.

It needs nothing but Python 3.11: `make test` starts it before it installs the environment.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from devcluster import CannotRun
from devcluster.images.engines import Docker, engine
from devcluster.images.push import build
from devcluster.images.recipe import IMAGES
from devcluster.node.images import archives
from devcluster.programs import CONTAINERS, FAST_TESTS, NODE, cache, missing, programs
from local.cache import locked
from local.packages import may_install
from mare.processes.command import CommandFailed


def runs_native_node() -> bool:
    """Return whether the cluster of this machine is a node whose programs are built."""
    return may_install() and not os.environ.get("MARE_KUBECONTEXT") and not Docker.answers()


def are_programs_built() -> bool:
    """Return whether the cache has all programs of the tests, those of the cluster included."""
    return not missing(FAST_TESTS) and not (missing((*NODE, *CONTAINERS)) and runs_native_node())


def prepare() -> None:
    """Build what most tests wait for; then the rest of the programs beside the images."""
    programs(FAST_TESTS)
    with ThreadPoolExecutor() as pool:
        images = pool.submit(_build_images)
        if runs_native_node():
            programs((*NODE, *CONTAINERS))
            archives()
        images.result()


def _build_images() -> None:
    builder = engine()
    with locked(cache() / "images.lock"):  # tests on the cluster wait, then find all layers built
        for name in IMAGES:
            build(builder, name)


if __name__ == "__main__":
    try:
        prepare()
    except (CannotRun, CommandFailed) as failure:
        sys.exit(str(failure))
