"""Spotify's access tokens for an application without a user (client credentials, RFC 6749 4.4)."""

import base64
import math
import threading
from typing import Annotated, Any

import msgspec

from mare_nameko.settings import Secret
from mare_services.contract.errors import SourceFailed, SourceRefused
from mare_services.upstream import failures
from mare_services.upstream.budget import Budget, Clock
from mare_services.upstream.client import JsonClient

MARGIN = 60.0
"""Seconds before its expiry from which a token is not used any more."""

DEFAULT_LIFE = 600.0
"""Seconds, if the response has no number in ``expires_in``, which RFC 6749 only recommends. A token
that ends earlier is dropped at the first 401."""

LONGEST_LIFE = 604_800.0
"""Seconds, one week."""


class _Granted(msgspec.Struct):
    access_token: Annotated[str, msgspec.Meta(pattern="^[!-~]{1,4096}$")]
    """It becomes a header."""
    expires_in: Any = None


def life_of(expires_in: object) -> float:
    """Return the seconds for which a token is valid; some servers send the number as a string."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return DEFAULT_LIFE
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return DEFAULT_LIFE
    return min(max(seconds, 0.0), LONGEST_LIFE) if math.isfinite(seconds) else DEFAULT_LIFE


class Tokens:
    """The current token; one caller renews it at the accounts service while the others wait."""

    def __init__(self, client: JsonClient, client_id: str, secret: Secret, clock: Clock) -> None:
        self._client = client
        credentials = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._authorization = Secret(f"Basic {credentials}")
        self._clock = clock
        self._renewing = threading.Lock()
        self._token = Secret()
        self._usable_until = 0.0

    def current(self, budget: Budget) -> Secret:
        """Return a valid token; request one if there is none."""
        if not self._renewing.acquire(timeout=budget.left()):
            raise failures.timed_out("spotify")
        try:
            if not self._token or self._clock() >= self._usable_until:
                self._renew(budget)
            return self._token
        finally:
            self._renewing.release()

    def drop(self, token: Secret) -> None:
        """Discard ``token`` unless it has been replaced already."""
        if self._token == token:
            self._token = Secret()

    def _renew(self, budget: Budget) -> None:
        try:
            granted = self._client.post(
                "/api/token",
                _Granted,
                budget=budget,
                form={"grant_type": "client_credentials"},
                headers={"Authorization": self._authorization},
            ).value
        except SourceFailed as error:
            # Spotify reports invalid_client with status 400 (RFC 6749).
            if error.extra.get("status") != 400:  # noqa: PLR2004
                raise
            raise SourceRefused(
                "spotify rejects the client id or the secret.", error.extra
            ) from None
        self._token = Secret(granted.access_token)
        self._usable_until = self._clock() + life_of(granted.expires_in) - MARGIN
