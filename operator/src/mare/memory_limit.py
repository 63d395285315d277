"""The memory that the operator may take: the limit of its container."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

USUAL_MEMORY = 256 * 2**20
"""Bytes that the chart gives the operator. All shared parts take 200 MB of it at most."""
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Of version 2 and version 1."""
_UNLIMITED = 2**60
"""Version 1 shows 2**63 less a page."""


def memory_limit(paths: Iterable[Path] = _LIMITS) -> int:
    """Return the limit of the container in bytes, or `USUAL_MEMORY` where it has none."""
    for path in paths:
        with suppress(OSError, ValueError):  # another version, or "max"
            if (limit := int(path.read_text())) < _UNLIMITED:
                return limit
    return USUAL_MEMORY
