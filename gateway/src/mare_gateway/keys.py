"""API keys. A file holds their hashes; a key itself is printed once and stored nowhere.

A key has 256 random bits: its hash cannot be reversed by guessing, so that SHA-256 suffices.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Self

import msgspec
from msgspec import Meta, Struct

from mare_gateway.clients import Scope

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
        """Return the keys of a file. Raises ValueError."""
        return cls(msgspec.json.decode(text, type=tuple[ApiKey, ...]))

    def write(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self.keys), indent=2) + b"\n"

    def find(self, key: str, now: datetime | None = None) -> ApiKey | None:
        """Return the entry of a valid key."""
        found = self._by_digest.get(digest(key))
        valid = found is not None and found.is_valid(now or datetime.now(UTC))
        return found if valid else None
