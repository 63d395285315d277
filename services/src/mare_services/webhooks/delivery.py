"""One message of the queue of callbacks: send it, report it, and see to its next attempt."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from logging import getLogger
from math import floor

import msgspec
from cachetools import TTLCache
from prometheus_client import Counter, Histogram
from standardwebhooks.webhooks import Webhook

from mare_services.contract.callback_urls import (
    CallbackUrlRefused,
    Destination,
    UrlRules,
    read_url,
)
from mare_services.contract.callbacks import (
    CallbackAttempted,
    CallbackDue,
    Delivery,
    DeliveryProgress,
    Outcome,
)
from mare_services.upstream.breaker import Failure
from mare_services.upstream.failures import retry_after_seconds
from mare_services.webhooks.domain.destinations import Admission, Destinations, Passage
from mare_services.webhooks.domain.schedule import Schedule
from mare_services.webhooks.ports import Queues, SendingFailed, Transport

_log = getLogger(__name__)

ATTEMPTS = Counter(
    "webhooks_attempts_total",
    "Attempts to deliver callbacks: delivered, failed, skipped by the breaker, or gone.",
    ["outcome"],
)
SECONDS = Histogram(
    "webhooks_attempt_duration_seconds",
    "Duration of attempts that were sent.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0),
)
POSTPONED = Counter(
    "webhooks_postponed_total", "Callbacks held back by the bounds of their destination."
)
DEAD_LETTERS = Counter("webhooks_dead_letters_total", "Callbacks given up after the last attempt.")

_GONE = 410
_LIMITS = frozenset({429, 503})
REMEMBERED = 20_000
"""Jobs and callbacks in memory, about 0.5 kB each."""
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
class _Result:
    """What became of one attempt. ``failure`` counts for the breaker."""

    outcome: Outcome
    status: int | None = None
    detail: str = ""
    seconds: float = 0.0
    retry_after: float | None = None
    failure: Failure | None = None


@dataclass(eq=False, kw_only=True)
class CallbackDelivery:
    """Delivers callbacks at least once, as long as the schedule allows."""

    transport: Transport
    rules: UrlRules
    schedule: Schedule
    destinations: Destinations
    signer: Signer
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    draw: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        self._ended: TTLCache[str, bool] = TTLCache(REMEMBERED, ttl=86_400, timer=self.monotonic)
        """Jobs whose receiver wants no further callbacks, which ends those that are waiting; and
        callbacks that were delivered, which ends their duplicates."""

    def handle(self, due: CallbackDue, queues: Queues) -> None:
        """Send the callback if it is time; the message can be acknowledged afterwards."""
        now = self.clock()
        if due.job_id in self._ended or due.webhook_id in self._ended:
            return
        parking = self.schedule.parking(due.progress.not_before - now)
        if parking is not None:
            queues.park(due, parking)
            return
        due = replace(due, progress=self.schedule.begin(due.progress, now))
        try:
            destination = read_url(due.url, self.rules)
        except CallbackUrlRefused as error:
            self._finish(due, _failed(f"The URL is refused. {error}"), queues)
            return
        passage = self.destinations.enter(destination, self.monotonic())
        if passage.admission is Admission.POSTPONE:
            self._postpone(due, queues)
        elif passage.admission is Admission.SKIP:
            detail = "Earlier callbacks to this URL failed."
            self._finish(due, _Result(outcome=Outcome.SKIPPED, detail=detail), queues)
        else:
            self._finish(due, self._attempt(due, destination, passage), queues)

    def _attempt(self, due: CallbackDue, destination: Destination, passage: Passage) -> _Result:
        started = self.monotonic()
        result = _failed("The attempt was interrupted.")
        try:
            result = self._send(due, destination)
        finally:
            ended = self.monotonic()
            self.destinations.leave(passage, ended, result.failure, result.retry_after)
            SECONDS.observe(ended - started)
        return replace(result, seconds=round(ended - started, 3))

    def _send(self, due: CallbackDue, destination: Destination) -> _Result:
        body = msgspec.json.encode(due.payload)
        signed = self.signer.headers(due.webhook_id, body.decode(), self.clock())
        try:
            answer = self.transport.post(destination, {**_HEADERS, **signed}, body)
        except SendingFailed as error:
            return _failed(str(error))
        if answer.status in _SUCCESS:
            return _Result(outcome=Outcome.DELIVERED, status=answer.status)
        if answer.status == _GONE:
            return _Result(outcome=Outcome.GONE, status=answer.status)
        retry_after = None
        if answer.status in _LIMITS:
            retry_after = retry_after_seconds(answer.retry_after, datetime.now(UTC))
        return _Result(
            outcome=Outcome.FAILED,
            status=answer.status,
            detail="Redirects are not followed." if answer.status in _REDIRECTS else "",
            retry_after=retry_after,
            failure=_failure_of(answer.status, is_limit=retry_after is not None),
        )

    def _postpone(self, due: CallbackDue, queues: Queues) -> None:
        progress = self.schedule.postpone(due.progress, self.clock(), self.draw())
        if progress is None:
            self._finish(due, _failed("The destination is too slow."), queues)
            return
        POSTPONED.inc()
        self._park(due, progress, queues)

    def _finish(self, due: CallbackDue, result: _Result, queues: Queues) -> None:
        """Report the attempt and park, end or dead-letter the callback."""
        progress = None
        if result.outcome in (Outcome.FAILED, Outcome.SKIPPED):
            progress = self.schedule.retry(
                due.progress, self.clock(), self.draw(), at_least=result.retry_after or 0.0
            )
            if progress is None:
                made = replace(due.progress, attempts=due.progress.attempts + 1)
                DEAD_LETTERS.inc()
                queues.dead_letter(replace(due, progress=made), _reason(result))
            else:
                self._park(due, progress, queues)
        else:
            is_gone = result.outcome is Outcome.GONE
            self._ended[due.job_id if is_gone else due.webhook_id] = True
        self._report(due, result, progress, queues)

    def _park(self, due: CallbackDue, progress: DeliveryProgress, queues: Queues) -> None:
        seconds = progress.not_before - self.clock()
        shortest = self.schedule.parkings[-1]
        queues.park(replace(due, progress=progress), self.schedule.parking(seconds) or shortest)

    def _report(
        self,
        due: CallbackDue,
        result: _Result,
        progress: DeliveryProgress | None,
        queues: Queues,
    ) -> None:
        ATTEMPTS.labels(result.outcome).inc()
        number = due.progress.attempts + 1
        delivery = Delivery(
            webhook_id=due.webhook_id,
            type=due.type,
            number=number,
            at=datetime.fromtimestamp(self.clock(), UTC),
            outcome=result.outcome,
            status=result.status,
            detail=result.detail,
            seconds=result.seconds,
            next_at=datetime.fromtimestamp(progress.not_before, UTC) if progress else None,
        )
        _log.info(
            "Callback %s of job %s, attempt %d: %s%s%s",
            due.type,
            due.job_id,
            number,
            result.outcome,
            f", {_reason(result)}" if result.outcome is not Outcome.DELIVERED else "",
            " (callbacks to this machine are allowed)" if self.rules.allow_localhost else "",
        )
        queues.report(CallbackAttempted(job_id=due.job_id, delivery=delivery))


_HEADERS: Mapping[str, str] = {
    "Content-Type": "application/json",
    "User-Agent": f"Mare/{version('mare-services')} (webhooks)",
    "Connection": "close",
}


def _failed(detail: str) -> _Result:
    return _Result(outcome=Outcome.FAILED, detail=detail, failure=Failure.TIMED_OUT)


def _failure_of(status: int, *, is_limit: bool) -> Failure | None:
    if is_limit:
        return Failure.LIMITED
    return Failure.FAILED if status in _SERVER_ERRORS else None


def _reason(result: _Result) -> str:
    return result.detail or f"status {result.status}"
