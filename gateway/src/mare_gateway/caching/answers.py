"""Answers of the services as they are sent to clients."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

_DEGRADED_SECONDS = 60
_STALE_FACTOR = 2
"""A stale answer may be used for this many times its max-age while a fresh one is loaded."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An encoded answer.

    Attributes:
        etag: strong, with its quotes.
        language: of the answer, for ``Content-Language``.
        max_age: seconds for which it is fresh.
        public: whether every client may read it. Other answers are not for shared caches, which
            would send them to clients without a key.
    """

    body: bytes
    etag: str
    language: str
    max_age: int
    public: bool = True

    @property
    def stale_seconds(self) -> int:
        return _STALE_FACTOR * self.max_age

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a response with this answer. RFC 5861 describes the use of stale ones."""
        keeper = "public" if self.public else "private"
        return {
            "ETag": self.etag,
            "Cache-Control": (
                f"{keeper}, max-age={self.max_age}, "
                f"stale-while-revalidate={self.stale_seconds}, stale-if-error=86400"
            ),
            "Vary": "Accept-Language",
            "Content-Language": self.language,
        }


def encode(body: Mapping[str, Any], *, seconds: int, language: str, public: bool = True) -> Answer:
    """Return an answer; a degraded one is fresh for 60 s at most, as sources may respond again."""
    encoded, etag = encode_entity(body)
    max_age = min(seconds, _DEGRADED_SECONDS) if body.get("degraded") else seconds
    return Answer(body=encoded, etag=etag, language=language, max_age=max_age, public=public)


def encode_entity(body: Mapping[str, Any]) -> tuple[bytes, str]:
    encoded = _encode(body)
    return encoded, f'"{hashlib.blake2b(encoded, digest_size=16).hexdigest()}"'
