"""Identifies clients by their API keys, and refuses what their scopes do not contain."""

import ipaddress
from pathlib import Path

from mare_gateway.clients import SCOPES, Client, Scope
from mare_gateway.keys import KeyFile
from mare_gateway.problems import Problem
from mare_gateway.settings import ClientSettings

_EVERYTHING = frozenset(SCOPES)


class Authenticator:
    """Identifies clients; without a file of keys, they are anonymous and may do everything."""

    def __init__(self, settings: ClientSettings) -> None:
        self._keys = KeyFile(Path(settings.keys_file)) if settings.keys_file else None
        self._anonymous_scopes: frozenset[Scope] = (
            frozenset(settings.anonymous_scopes) if settings.keys_file else _EVERYTHING
        )
        self._lists_anonymous_jobs = settings.is_local and not settings.keys_file

    @property
    def anonymous_may_read(self) -> bool:
        return "read" in self._anonymous_scopes

    def identify(self, authorization: str | None, address: str) -> Client | None:
        """Return the client with this ``Authorization`` header; None if its key is invalid."""
        if authorization is None or self._keys is None:
            return Client(
                name="",
                address=address,
                scopes=self._anonymous_scopes,
                may_list_jobs=self._lists_anonymous_jobs and _is_loopback(address),
            )
        scheme, _, key = authorization.partition(" ")
        found = self._keys.find(key.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            return None
        return Client(
            name=found.name, address=address, scopes=frozenset(found.scopes), may_list_jobs=True
        )


def _is_loopback(address: str) -> bool:
    """Return whether the client is on this machine, also behind a proxy on this machine."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def refusal(client: Client, scope: Scope) -> Problem | None:
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


INVALID_KEY = Problem(
    status=401,
    code="invalid_key",
    detail="The API key is unknown or has expired. Send a valid one, or none.",
    headers={"WWW-Authenticate": 'Bearer realm="mare", error="invalid_token"'},
)
