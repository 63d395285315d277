"""The rate limit of client addresses."""

from typing import Any

from flask import Blueprint, Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from mare_gateway.settings import Settings

_STORAGE_SECONDS = 0.5


def limit_rate(app: Flask, api: Blueprint, settings: Settings) -> None:
    """Limit the requests of one client address to ``api``."""
    storage = str(settings.rate_limit_storage)
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=storage,
        storage_options=_storage_options(storage),
        strategy="moving-window",
        headers_enabled=True,
        # Without its storage each worker process counts for itself.
        in_memory_fallback_enabled=True,
        swallow_errors=True,
    )
    limiter.limit(settings.rate_limit)(api)


def _storage_options(uri: str) -> dict[str, Any]:
    if not uri.startswith("redis"):
        return {}
    from redis.backoff import NoBackoff  # noqa: PLC0415  only with a shared storage
    from redis.retry import Retry  # noqa: PLC0415

    # The defaults of redis-py, 3 attempts of 10 s, would delay each request by 30 s.
    return {
        "socket_connect_timeout": _STORAGE_SECONDS,
        "socket_timeout": _STORAGE_SECONDS,
        "retry": Retry(NoBackoff(), 1),
    }
