"""The file of API keys, which is read again when it has changed."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mare_gateway.keys import ApiKey, KeySet

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.0


class KeyFile:
    """Finds keys in a file. Kubernetes replaces the file when the Secret changes.

    Raises OSError or ValueError if the file is missing or malformed at the start. Later, the last
    keys that could be read stay valid, and an error is logged.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._checked = clock()
        self._version = self._stat()
        self._keys = KeySet.read(path.read_bytes())

    def find(self, key: str) -> ApiKey | None:
        """Return the entry of a valid key."""
        self._refresh()
        return self._keys.find(key)

    def _refresh(self) -> None:
        with self._lock:
            if self._clock() - self._checked < CHECK_SECONDS:
                return
            self._checked = self._clock()
            try:
                version = self._stat()
                if version == self._version:
                    return
                self._keys = KeySet.read(self._path.read_bytes())
            except (OSError, ValueError) as error:
                log.error("API keys cannot be read again, the last ones stay valid: %s", error)  # noqa: TRY400
                return
            self._version = version
        log.info("API keys were read again: %d", len(self._keys.keys))

    def _stat(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_ino, status.st_mtime_ns, status.st_size
