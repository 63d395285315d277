"""API keys. A file holds their hashes; a key itself is printed once and stored nowhere.

A key has 256 random bits: its hash cannot be reversed by guessing, so that SHA-256 suffices.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import msgspec
from msgspec import Meta, Struct

Scope = Literal["read", "jobs"]
"""``read``: playlists, places and weather. ``jobs``: submit, read, list, cancel and retry jobs."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
"""Interval at which the file is checked for changes."""

PREFIX = "mare_"
"""Lets scanners of repositories recognize a key."""

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]


class ApiKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key. Several keys may have one name: they are one client."""

    name: Name
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime | None = None

    @property
    def id(self) -> str:
        """Names the key in commands and logs."""
        return self.sha256[:8]

    def is_valid(self, now: datetime) -> bool:
        return self.expires is None or now < self.expires


def new_key(
    name: str, scopes: tuple[Scope, ...], now: datetime, expires: datetime | None = None
) -> tuple[str, ApiKey]:
    """Return a new key and its entry. Raises ValueError for a bad name."""
    key = PREFIX + secrets.token_urlsafe(32)
    entry = ApiKey(name=name, sha256=digest(key), scopes=scopes, created=now, expires=expires)
    return key, msgspec.convert(msgspec.to_builtins(entry), ApiKey)


def digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class KeySet:
    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self.keys = tuple(keys)
        self._by_digest = {key.sha256: key for key in self.keys}

    @classmethod
    def read(cls, text: bytes) -> Self:
        return cls(msgspec.json.decode(text, type=tuple[ApiKey, ...]))

    def write(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self.keys), indent=2) + b"\n"

    def find(self, key: str, now: datetime | None = None) -> ApiKey | None:
        found = self._by_digest.get(digest(key))
        valid = found is not None and found.is_valid(now or datetime.now(UTC))
        return found if valid else None


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
