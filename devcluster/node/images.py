"""Builds the images that a node needs before its registry runs: one program each, FROM scratch."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from devcluster import say
from devcluster.programs import CONTAINERS, cache, programs
from local.cache import locked
from local.packages import unpack
from mare.processes.command import run

_SECONDS = 300.0


def archives() -> tuple[Path, ...]:
    """Return archives of ``localhost/NAME:built``, first of busybox, which is the sandbox."""
    folder = programs(CONTAINERS)
    with locked(cache() / "archives.lock"):
        return busybox(), *(program_image(folder / name) for name in CONTAINERS)


def program_image(program: Path) -> Path:
    """Return an archive of ``localhost/NAME:built`` with one program of a toolset."""
    name = program.name

    def fill(root: Path) -> None:
        # No copy of a hundred megabytes: the cache and the context are on one disk.
        os.link(program, root / name)

    return _archive(name, program.parents[1].name, [f"/{name}"], fill)


def busybox() -> Path:
    """Use Debian's static busybox: the shell that prepares volumes, and the sandbox of each Pod."""

    def fill(root: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            # Not installed: it would replace the machine's own busybox.
            unpack("busybox-static", Path(folder))
            (root / "bin").mkdir()
            shutil.copy2(Path(folder, "bin/busybox"), root / "bin/busybox")
        applets = run([str(root / "bin/busybox"), "--list"], seconds=10).split()
        for applet in set(applets) - {"busybox"}:
            (root / "bin" / applet).symlink_to("busybox")

    return _archive("busybox", "debian", ["/bin/sleep", "infinity"], fill)


def _archive(name: str, key: str, entrypoint: list[str], fill: Callable[[Path], None]) -> Path:
    archive = cache() / "images" / key / f"{name}.tar"
    if archive.exists():
        return archive
    say(f"Building the image of {name}")
    archive.parent.mkdir(parents=True, exist_ok=True)
    image = f"localhost/{name}:built"
    with tempfile.TemporaryDirectory(prefix=".", dir=archive.parent) as folder:
        root, unfinished = Path(folder, "root"), Path(folder, archive.name)
        root.mkdir()
        root.chmod(root.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)
        fill(root)
        words = ", ".join(f'"{word}"' for word in entrypoint)
        Path(folder, "Containerfile").write_text(
            f"FROM scratch\nCOPY root /\nENV PATH=/bin\nENTRYPOINT [{words}]\n"
        )
        # A storage of its own, so that none of the machine's images is touched and none is left.
        buildah = (
            *("buildah", f"--root={folder}/storage", f"--runroot={folder}/run"),
            "--storage-driver=vfs",
        )
        _run(*buildah, "build", "--isolation=chroot", f"--tag={image}", ".", cwd=folder)
        # Not compressed: importing happens at each start.
        _run(*buildah, "push", image, f"docker-archive:{unfinished}:{image}", cwd=folder)
        unfinished.rename(archive)
    return archive


def _run(*command: str, cwd: str) -> None:
    run(command, cwd=Path(cwd), seconds=_SECONDS)
