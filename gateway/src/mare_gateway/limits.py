"""How many requests one client may make; off unless a limit is set."""

from typing import Any

from flask import Blueprint, Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from mare_gateway.settings import Settings

_STORAGE_SECONDS = 0.5


def limit_rate(app: Flask, api: Blueprint, settings: Settings) -> None:
    """Limit what one client address may ask of ``api``; probes are never limited."""
    storage = settings.rate_limit_storage.get_secret_value()
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=storage,
        storage_options=_storage_options(storage),
        strategy="moving-window",
        headers_enabled=True,
        # A storage that is away must not take the gateway with it: each counts for itself then.
        in_memory_fallback_enabled=True,
        swallow_errors=True,
    )
    limiter.limit(settings.rate_limit)(api)


def _storage_options(uri: str) -> dict[str, Any]:
    if not uri.startswith("redis"):
        return {}
    from redis.backoff import NoBackoff  # noqa: PLC0415 - the counts of most stay in memory
    from redis.retry import Retry  # noqa: PLC0415

    # The client's own patience, ten seconds for each of three attempts, would be our clients' too.
    return {
        "socket_connect_timeout": _STORAGE_SECONDS,
        "socket_timeout": _STORAGE_SECONDS,
        "retry": Retry(NoBackoff(), 1),
    }
