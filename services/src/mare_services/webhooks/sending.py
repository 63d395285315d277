"""One signed request to the receiver of a callback, and what its answer means."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from math import floor

import msgspec
from standardwebhooks.webhooks import Webhook

from mare_services.contract.callback_urls import Destination
from mare_services.contract.callbacks import CallbackDue, Outcome
from mare_services.upstream.breaker import Failure
from mare_services.upstream.failures import retry_after_seconds
from mare_services.webhooks.ports import SendingFailed, Transport

_GONE = 410
_LIMITS = frozenset({429, 503})
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)
_SERVER_ERRORS = range(500, 600)


class Signer:
    """Signs by Standard Webhooks with each of several secrets: receivers can change theirs."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [Webhook(secret) for secret in secrets]

    def headers(self, webhook_id: str, body: str, now: float) -> Mapping[str, str]:
        at = datetime.fromtimestamp(floor(now), UTC)
        signatures = (key.sign(webhook_id, at, body) for key in self._keys)
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(floor(now)),
            "webhook-signature": " ".join(signatures),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one attempt. ``failure`` counts for the breaker."""

    outcome: Outcome
    status: int | None = None
    detail: str = ""
    seconds: float = 0.0
    retry_after: float | None = None
    failure: Failure | None = None

    @property
    def reason(self) -> str:
        return self.detail or f"status {self.status}"


@dataclass(eq=False, kw_only=True)
class Sender:
    """Sends callbacks, each signed at the time of its attempt."""

    transport: Transport
    signer: Signer
    clock: Callable[[], float] = time.time

    def send(
        self, due: CallbackDue, destination: Destination, more: Mapping[str, str], seconds: float
    ) -> Result:
        """Send the callback once, within ``seconds``, with ``more`` headers."""
        body = msgspec.json.encode(due.payload)
        signed = self.signer.headers(due.webhook_id, body.decode(), self.clock())
        headers = {**_HEADERS, **more, **signed}
        try:
            answer = self.transport.post(destination, headers, body, seconds)
        except SendingFailed as error:
            return failed(str(error))
        if answer.status in _SUCCESS:
            return Result(outcome=Outcome.DELIVERED, status=answer.status)
        if answer.status == _GONE:
            return Result(outcome=Outcome.GONE, status=answer.status)
        retry_after = None
        if answer.status in _LIMITS:
            retry_after = retry_after_seconds(answer.retry_after, datetime.now(UTC))
        return Result(
            outcome=Outcome.FAILED,
            status=answer.status,
            detail="Redirects are not followed." if answer.status in _REDIRECTS else "",
            retry_after=retry_after,
            failure=_failure_of(answer.status, is_limit=retry_after is not None),
        )


_HEADERS: Mapping[str, str] = {
    "Content-Type": "application/json",
    "User-Agent": f"Mare/{version('mare-services')} (webhooks)",
    "Connection": "close",
}


def failed(detail: str) -> Result:
    return Result(outcome=Outcome.FAILED, detail=detail, failure=Failure.TIMED_OUT)


def _failure_of(status: int, *, is_limit: bool) -> Failure | None:
    if is_limit:
        return Failure.LIMITED
    return Failure.FAILED if status in _SERVER_ERRORS else None
