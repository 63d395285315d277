"""RabbitMQ 4 in a folder: a small Debian 13 that older distributions can run it from (root only).

Debian 12 and Ubuntu 24.04 bring RabbitMQ 3. The folder is built once, in about a minute, and kept
in the user's cache; a node starts from it in three seconds.
"""

from functools import partial
from pathlib import Path

from devcluster import say
from devcluster.debootstrap import SUITE, cached_root
from local.packages import may_install
from mare.private_broker import NoBroker, installed_broker
from mare.private_broker.config import Places, Ports
from mare.private_broker.node import Program
from mare.private_broker.process import Process

_RECIPE = f"rabbitmq-{SUITE}-1"
_OLDEST_TO_TEST = (4, 0)
_NODE_FOLDER = "/mnt"

# In a mount namespace of its own, so that no mount is left behind when the process dies.
_ENTER = f"""\
mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --bind "$1" "$0{_NODE_FOLDER}"
root=$0; shift; exec chroot "$root" "$@"
"""


class Rootfs(Process):
    """A server in another root folder."""

    def __init__(self, root: Path, name: str, folder: Path, ports: Ports) -> None:
        self._root = root
        super().__init__(name, folder, ports)

    @property
    def places(self) -> Places:
        return Places(settings=Path(_NODE_FOLDER, "settings"), data=Path(_NODE_FOLDER, "data"))

    def command(self, program: str, *arguments: str) -> list[str]:
        path = "/usr/lib/rabbitmq/bin/" if program.startswith("rabbitmq") else "/usr/bin/"
        enter = ["unshare", "--mount", "sh", "-c", _ENTER, str(self._root), str(self.folder)]
        return [*enter, path + program, *arguments]


def broker_to_test() -> Program:
    """Return a RabbitMQ 4: the machine's, or Docker's, or one that root builds in the cache."""
    if program := installed_broker(_OLDEST_TO_TEST, say):
        return program
    if may_install():
        root = cached_rootfs()
        return Program(f"RabbitMQ of Debian {SUITE} in {root}", partial(Rootfs, root))
    raise NoBroker(
        "The tests need RabbitMQ 4: install rabbitmq-server 4.0 or later or start Docker, "
        "or run them as root on Debian or Ubuntu."
    )


def cached_rootfs() -> Path:
    """Return the root folder in the cache, built first if it is not there."""
    return cached_root(_RECIPE, ["rabbitmq-server"])
