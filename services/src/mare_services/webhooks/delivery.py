"""One message of the queue of callbacks: send it, report it, and see to its next attempt."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from logging import getLogger

from cachetools import TTLCache
from prometheus_client import Counter, Histogram

from mare_nameko.service.retries import MOST_REDELIVERIES
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
from mare_services.webhooks.domain.destinations import Admission, Destinations, Passage
from mare_services.webhooks.domain.schedule import Schedule
from mare_services.webhooks.ports import HaveEnded, Queues
from mare_services.webhooks.sending import Result, Sender, failed

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
    "webhooks_postponed_total",
    "Callbacks held back by the bounds of their destination, or while jobs does not answer.",
)
DEAD_LETTERS = Counter("webhooks_dead_letters_total", "Callbacks given up after the last attempt.")

REMEMBERED = 20_000
"""Jobs and as many callbacks in memory, about 0.5 kB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message of the queue of callbacks."""

    due: CallbackDue
    redeliveries: int = 0
    """Deliveries before this one that ended with their process or connection."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the request to the receiver: its trace, and the id of the client's request."""


@dataclass(eq=False, kw_only=True)
class CallbackDelivery:
    """Delivers callbacks at least once, as long as the schedule allows."""

    sender: Sender
    rules: UrlRules
    schedule: Schedule
    destinations: Destinations
    attempt_seconds: float
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    draw: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        def remember() -> TTLCache[str, bool]:
            return TTLCache(REMEMBERED, ttl=86_400, timer=self.monotonic)

        self._ended = remember()
        """Jobs whose receiver wants no further callbacks; `jobs` has the record of it."""
        self._delivered = remember()
        """Callbacks that were delivered, which ends their duplicates."""

    def handle(self, received: Received, queues: Queues, have_ended: HaveEnded) -> None:
        """Send the callback if it is time; the message can be acknowledged afterwards."""
        started, now = self.monotonic(), self.clock()
        due = received.due
        if due.webhook_id in self._delivered:
            return
        parking = self.schedule.parking(due.progress.not_before - now)
        if parking is not None:
            queues.park(due, parking)
            return
        due = replace(due, progress=self.schedule.begin(due.progress, now))
        if received.redeliveries >= MOST_REDELIVERIES:
            self._finish(due, failed("The sender ended during the attempt."), queues)
            return
        ended = self._have_ended(due, have_ended)
        if ended is None:
            self._postpone(due, queues, "It is not known whether the receiver has ended callbacks.")
        elif ended:
            detail = "The receiver has ended the callbacks of this job."
            self._finish(due, Result(outcome=Outcome.GONE, detail=detail), queues)
        else:
            self._admit(replace(received, due=due), started + self.attempt_seconds, queues)

    def _have_ended(self, due: CallbackDue, have_ended: HaveEnded) -> bool | None:
        if due.job_id in self._ended:
            return True
        is_first = due.first and not due.progress.attempts
        return False if is_first else have_ended(due.job_id)

    def _admit(self, received: Received, give_up: float, queues: Queues) -> None:
        due = received.due
        try:
            destination = read_url(due.url, self.rules)
        except CallbackUrlRefused as error:
            self._finish(due, failed(f"The URL is refused. {error}"), queues)
            return
        passage = self.destinations.enter(destination, self.monotonic())
        if passage.admission is Admission.POSTPONE:
            self._postpone(due, queues, "The destination is too slow.")
        elif passage.admission is Admission.SKIP:
            detail = "Earlier callbacks to this URL failed."
            self._finish(due, Result(outcome=Outcome.SKIPPED, detail=detail), queues)
        else:
            self._finish(due, self._attempt(received, destination, passage, give_up), queues)

    def _attempt(
        self, received: Received, destination: Destination, passage: Passage, give_up: float
    ) -> Result:
        started = self.monotonic()
        result = failed("The attempt was interrupted.")
        try:
            seconds = give_up - started
            result = self.sender.send(received.due, destination, received.headers, seconds)
        finally:
            ended = self.monotonic()
            self.destinations.leave(passage, ended, result.failure, result.retry_after)
            SECONDS.observe(ended - started)
        return replace(result, seconds=round(ended - started, 3))

    def _postpone(self, due: CallbackDue, queues: Queues, reason: str) -> None:
        progress = self.schedule.postpone(due.progress, self.clock(), self.draw())
        if progress is None:
            self._finish(due, failed(reason), queues)
            return
        POSTPONED.inc()
        self._park(due, progress, queues)

    def _finish(self, due: CallbackDue, result: Result, queues: Queues) -> None:
        """Report the attempt and park, end or dead-letter the callback."""
        progress = None
        if result.outcome in (Outcome.FAILED, Outcome.SKIPPED):
            progress = self.schedule.retry(
                due.progress, self.clock(), self.draw(), at_least=result.retry_after or 0.0
            )
            if progress is None:
                made = replace(due.progress, attempts=due.progress.attempts + 1)
                DEAD_LETTERS.inc()
                queues.dead_letter(replace(due, progress=made), result.reason)
            else:
                self._park(due, progress, queues)
        elif result.outcome is Outcome.GONE:
            self._ended[due.job_id] = True
        else:
            self._delivered[due.webhook_id] = True
        self._report(due, result, progress, queues)

    def _park(self, due: CallbackDue, progress: DeliveryProgress, queues: Queues) -> None:
        seconds = progress.not_before - self.clock()
        shortest = self.schedule.parkings[-1]
        queues.park(replace(due, progress=progress), self.schedule.parking(seconds) or shortest)

    def _report(
        self,
        due: CallbackDue,
        result: Result,
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
            f", {result.reason}" if result.outcome is not Outcome.DELIVERED else "",
            " (callbacks to this machine are allowed)" if self.rules.allow_localhost else "",
        )
        queues.report(CallbackAttempted(job_id=due.job_id, delivery=delivery))
