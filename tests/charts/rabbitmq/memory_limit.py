"""A memory limit for a process and those that it starts: cgroups v1 or v2, as a kubelet uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from tests.vhost import eventually

_CGROUPS = Path("/sys/fs/cgroup")


class MemoryLimit:
    """``entry`` is the file to which a process writes its id before it becomes another program."""

    def __init__(self, folder: Path, counter: Path) -> None:
        self.entry = folder / "cgroup.procs"
        self._counter = counter

    def kills(self) -> int:
        """Return how many processes were killed because the limit was reached."""
        lines = (line.split() for line in self._counter.read_text().splitlines())
        return next(int(count) for name, count in lines if name == "oom_kill")


@contextmanager
def memory_limit(mebibytes: int) -> Iterator[MemoryLimit]:
    """Make a limit; it is removed once its processes have ended. Root only."""
    controllers = _CGROUPS / "cgroup.controllers"
    is_v2 = controllers.exists()
    parent = _CGROUPS if is_v2 else _CGROUPS / "memory"
    folder = parent / f"mare-{token_hex(4)}"
    folder.mkdir()
    limit = folder / ("memory.max" if is_v2 else "memory.limit_in_bytes")
    limit.write_text(str(mebibytes << 20))
    counter = folder / ("memory.events" if is_v2 else "memory.oom_control")
    try:
        yield MemoryLimit(folder, counter)
    finally:
        eventually(lambda: not (folder / "cgroup.procs").read_text())
        folder.rmdir()
