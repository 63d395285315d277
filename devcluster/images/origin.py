"""Selects the image builder of this machine, and installs one if possible."""

import shutil
from pathlib import Path

from devcluster.images.buildah import Buildah
from devcluster.images.docker import Docker
from devcluster.images.engine import Engine, NoEngine, Say
from local.rabbitmq.origin import may_install
from local.rabbitmq.packages import apt_install


def engine(cache: Path, say: Say) -> Engine:
    """Return Docker if its engine answers, else buildah; root on Debian installs it."""
    return Docker() if Docker.answers() else buildah(cache, say)


def buildah(cache: Path, say: Say) -> Buildah:
    """Return buildah; raise :class:`NoEngine`."""
    if not may_install():
        raise NoEngine(
            "Images are built by Docker, or by buildah as root on Debian or Ubuntu: "
            "start Docker or become root."
        )
    if not shutil.which("buildah"):
        apt_install(["buildah"], say)
    return Buildah(cache, say)
