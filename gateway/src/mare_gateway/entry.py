"""Where requests enter the application: before Flask, with the cached responses."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mare_gateway.caching.middleware import CachedResponses, Response, Wsgi
from mare_gateway.environ import Environ
from mare_gateway.forwarded import client_address
from mare_gateway.protocol import PROBLEM, problem_of


@dataclass(eq=False)
class Entry:
    """WSGI middleware that finds the client's address, and responds early where it can.

    Attributes:
        app: Flask.
        cached: None without a cache.
        trusted_proxies: number of proxies in front that append to X-Forwarded-For.
    """

    app: Wsgi
    cached: CachedResponses | None
    trusted_proxies: int

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        response = self.respond_early(environ)
        if response is None:
            return self.app(environ, start_response)
        status, fields, body = response
        headers = [(name.decode("latin-1"), text.decode("latin-1")) for name, text in fields]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def respond_early(self, environ: Environ) -> Response | None:
        """Return the response to a request that needs no thread; None leaves it to ``app``."""
        environ["REMOTE_ADDR"] = client_address(
            environ.get("REMOTE_ADDR", ""),
            environ.get("HTTP_X_FORWARDED_FOR"),
            self.trusted_proxies,
        )
        environ[PROBLEM] = problem = problem_of(environ)
        if problem is not None or self.cached is None:
            return None
        return self.cached.respond(environ)

    @property
    def may_block(self) -> bool:
        """Whether an early response waits for a storage that counts requests."""
        return self.cached is not None and self.cached.may_block
