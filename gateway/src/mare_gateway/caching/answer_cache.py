"""Answers of the services as they are sent to clients, and a bounded cache of them.

It loads each answer once for all concurrent requests.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from cachetools import LRUCache

_DEGRADED_SECONDS = 60
_STALE_FACTOR = 2
"""A stale answer may be used for this many times its max-age while a fresh one is loaded."""

Fields = list[tuple[bytes, bytes]]
"""Header fields as an ASGI server sends them."""

_encode = msgspec.json.Encoder().encode


def encode_fields(headers: Iterable[tuple[str, str]]) -> Fields:
    return [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An encoded answer.

    Attributes:
        etag: strong, with its quotes.
        language: of the answer, for ``Content-Language``.
        max_age: seconds for which it is fresh.
        public: whether every client may read it. Other answers are not for shared caches, which
            would send them to clients without a key.
        fields: the header fields of a response with this answer.
    """

    body: bytes
    etag: str
    language: str
    max_age: int
    public: bool = True
    fields: Fields = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", encode_fields(self.headers.items()))

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


ENTRY_BYTES = 1024
"""What an entry counts beyond its body: so the bound of bytes bounds the number of entries too."""

MAX_ALIASES = 4096
MAX_ALIAS_CHARACTERS = 1024

REFRESH_PAUSE = 1.0
"""Seconds after a failed refresh before the next one."""

_REFRESHING_THREADS = 4

Load = Callable[[], Answer]


@dataclass(slots=True)
class _Entry:
    answer: Answer
    stored_at: float
    refresh_at: float


class Found(NamedTuple):
    """An answer, its age in seconds, and how it was found: hit, stale, loaded, shared."""

    answer: Answer
    age: int
    outcome: str


class AnswerCache:
    """Evicts the least recently used answers beyond ``max_bytes``. Safe for threads.

    An *alias* is the text of a request that led to a key, so that an equal request needs no
    validation.
    """

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: LRUCache[bytes, _Entry] = LRUCache(
            max_bytes, getsizeof=lambda entry: len(entry.answer.body) + ENTRY_BYTES
        )
        self._aliases: dict[tuple[str, ...], bytes] = {}  # oldest first
        self._loading: dict[bytes, Future[_Entry]] = {}
        self._refreshing = ThreadPoolExecutor(_REFRESHING_THREADS, "refresh")

    def get(self, key: bytes, load: Load, *, reload: Load, seconds: float) -> Found:
        """Return the answer of ``key``; a stale one is renewed by ``reload`` in the background.

        Raises TimeoutError after ``seconds`` of waiting for the load of another request.
        """
        with self._lock:
            entry = self._entries.get(key)
            age = self._age(entry)
            if entry is not None and age < entry.answer.max_age:
                return Found(entry.answer, int(age), "hit")
            loading = self._loading.get(key)
            is_stale = entry is not None and age < entry.answer.max_age + entry.answer.stale_seconds
            must_load = loading is None and not (
                entry is not None and is_stale and self._clock() < entry.refresh_at
            )
            if must_load:
                loading = self._loading[key] = Future()
        if entry is not None and is_stale:
            if must_load and loading is not None:
                self._refreshing.submit(self._refresh, key, reload, loading, entry)
            return Found(entry.answer, int(age), "stale")
        assert loading is not None
        if not must_load:
            shared = loading.result(seconds)
            return Found(shared.answer, int(self._age(shared)), "shared")
        self._load(key, load, loading)
        return Found(loading.result().answer, 0, "loaded")

    def fresh(self, alias: tuple[str, ...]) -> Found | None:
        with self._lock:
            key = self._aliases.get(alias)
            entry = None if key is None else self._entries.get(key)
        age = self._age(entry)
        if entry is None or age >= entry.answer.max_age:
            return None
        return Found(entry.answer, int(age), "hit")

    def add_alias(self, alias: tuple[str, ...], key: bytes) -> None:
        """Let a request with this text find the answer of ``key``."""
        if sum(map(len, alias)) <= MAX_ALIAS_CHARACTERS:
            with self._lock:
                self._aliases[alias] = key
                if len(self._aliases) > MAX_ALIASES:
                    del self._aliases[next(iter(self._aliases))]

    def _age(self, entry: _Entry | None) -> float:
        return 0.0 if entry is None else self._clock() - entry.stored_at

    def _load(self, key: bytes, load: Load, loading: "Future[_Entry]") -> None:
        try:
            answer = load()
        except BaseException as error:
            with self._lock:
                del self._loading[key]
            loading.set_exception(error)
            raise
        now = self._clock()
        entry = _Entry(answer, now, now)
        with self._lock:
            del self._loading[key]
            if answer.max_age > 0 and self._entries.getsizeof(entry) <= self._entries.maxsize:
                self._entries[key] = entry
        loading.set_result(entry)

    def _refresh(self, key: bytes, load: Load, loading: "Future[_Entry]", stale: _Entry) -> None:
        try:
            self._load(key, load, loading)
        except Exception:  # noqa: BLE001  the call is counted and logged where it failed
            stale.refresh_at = self._clock() + REFRESH_PAUSE
