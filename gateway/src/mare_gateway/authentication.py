"""Authentication: which client sends a request, by its API key, and which scopes it has."""

from pathlib import Path

from flask import Flask, Response, g, request

from mare_gateway.clients import SCOPES, Client, Scope
from mare_gateway.failures import respond
from mare_gateway.key_file import KeyFile
from mare_gateway.problems import Problem
from mare_gateway.settings import Settings

_EVERYTHING = frozenset(SCOPES)

INVALID_KEY = Problem(
    status=401,
    code="invalid_key",
    detail="The API key is unknown or has expired. Send a valid one, or none.",
    headers={"WWW-Authenticate": 'Bearer realm="mare", error="invalid_token"'},
)


class Authenticator:
    """Identifies clients. Without a file of keys, every client is anonymous and may do everything.

    Raises OSError or ValueError if the file cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = KeyFile(Path(settings.keys_file)) if settings.keys_file else None
        self._anonymous_scopes: frozenset[Scope] = (
            frozenset(settings.anonymous_scopes) if settings.keys_file else _EVERYTHING
        )
        self._lists_anonymous_jobs = settings.is_local and not settings.keys_file

    def identify(self, authorization: str | None, address: str) -> Client | None:
        """Return the client with this ``Authorization`` header; None if its key is invalid."""
        if authorization is None or self._keys is None:
            return Client(
                name="",
                address=address,
                scopes=self._anonymous_scopes,
                may_list_jobs=self._lists_anonymous_jobs,
            )
        scheme, _, key = authorization.partition(" ")
        found = self._keys.find(key.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            return None
        return Client(
            name=found.name, address=address, scopes=frozenset(found.scopes), may_list_jobs=True
        )


def authenticate(app: Flask, authenticator: Authenticator) -> None:
    """Set ``g.client`` for every request, or refuse an invalid key with 401."""

    @app.before_request
    def identify() -> Response | None:
        address = request.remote_addr or ""
        client = authenticator.identify(request.headers.get("Authorization"), address)
        if client is None:
            return respond(INVALID_KEY)
        g.client = client
        return None


def refusal(scope: Scope) -> Problem | None:
    """Return the problem of a request whose client lacks ``scope``, or None."""
    client: Client = g.client
    if scope in client.scopes:
        return None
    if client.name:
        return Problem(
            status=403,
            code="insufficient_scope",
            detail=f"This API key does not have the scope {scope}.",
        )
    return Problem(
        status=401,
        code="key_required",
        detail="This request needs an API key: Authorization: Bearer mare_...",
        headers={"WWW-Authenticate": 'Bearer realm="mare"'},
    )
