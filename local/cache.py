"""The user's cache: what outlives a run, made by one process at a time."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def cache_folder() -> Path:
    """Return the folder for downloads and builds, in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mare")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time run the block; others wait."""
    with _open(file) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_unless_taken(file: Path) -> Iterator[bool]:
    """Yield whether this process has the lock; do not wait for another one that has it."""
    with _open(file) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def shared(file: Path) -> Iterator[Callable[[], None]]:
    """Let any number of processes run the block; the function waits until only this one does."""
    with _open(file) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lambda: fcntl.flock(lock, fcntl.LOCK_EX)


def _open(file: Path) -> TextIO:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.open("w")
