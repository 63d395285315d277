"""Depths by passive declare, where 0 and 0 is an empty queue or a leader that does not answer.

A passive declare of a quorum queue asks the leader and waits for 250 ms. While the leader is too
busy, is being elected or has lost its majority, RabbitMQ returns no error but 0 messages and 0
consumers (`stat` in rabbit_quorum_queue.erl, seen on 4.0.5). A queue in trouble seems empty.
Therefore a late 0 and 0 is never taken for an empty queue, and one in time only if the queue had no
messages before. While the broker or the operator is busy, all answers are late: then there is no
backoff, as 8 s of it would hide a burst.
"""

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from mare.backoff import RetryTimer
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import Answer, Depth, delayed, is_silent, late, silent
from mare.broker.passive_declare import PassiveDeclare
from mare.broker.queue_memory import QueueMemory
from mare.broker.queue_statistics import Statistics
from mare.domain.unknown import Unknown, known
from mare.ports import AccessRefused, Clock
from mare.tenant_lines import OverBudget

_READ_SECONDS = 2.0
_DECLARE_SECONDS = 0.002
"""Added for each queue: ten times what a declare takes."""
_FIRST_RETRY_SECONDS, _MAX_RETRY_SECONDS = 0.5, 8.0
_ELECTION_SECONDS = 5.0
"""How long the last answer stands in for a missing one. A leader election takes less."""
_MAX_DOUBT_SECONDS = 60.0
"""Without statistics, 0 and 0 is accepted this long after the last messages."""
_NEVER = float("-inf")
_EMPTY = Depth(0, 0)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Retry:
    """A queue, or the connection, that did not answer."""

    why: Unknown
    timer: RetryTimer = field(
        default_factory=lambda: RetryTimer(_FIRST_RETRY_SECONDS, _MAX_RETRY_SECONDS)
    )


class QueueDepths:
    """Reads depths. A queue or broker that does not answer is retried with a backoff."""

    def __init__(
        self, parameters: ConnectionParameters, clock: Clock, *, has_statistics: bool
    ) -> None:
        self._declare = PassiveDeclare(parameters)
        self._clock = clock
        tenant = parameters.tenant
        self._leaders = LeaderAnswers(QueueMemory(tenant), has_statistics=has_statistics)
        self._retries = QueueMemory[_Retry](tenant)
        self._connection: _Retry | None = None
        self.is_refused = False
        """Whether the broker refuses the connection."""

    async def read(
        self, names: Collection[str], latest: Statistics | None
    ) -> Mapping[str, tuple[Answer, float]] | Unknown:
        """Return the depth of each queue and the time of the answer; unknown without a connection.

        The `latest` statistics show whether a queue that returns 0 and 0 is empty.
        """
        now = self._clock()
        if (failure := _postponed(self._connection, now)) is not None:
            return failure
        postponed = {name: _postponed(self._retries.get(name), now) for name in names}
        answers: dict[str, Answer] = {name: why for name, why in postponed.items() if why}
        due = [name for name, why in postponed.items() if not why]
        # Queues that answered last time come first: the time may not suffice for the others.
        due.sort(key=self._retries.__contains__)
        new = await self._read(due)
        if isinstance(new, Unknown):
            return new
        answers |= new
        return {
            name: self._leaders.accepted(name, answers.get(name, silent(name)), latest, now)
            for name in names
        }

    async def _read(self, names: Collection[str]) -> Mapping[str, Answer] | Unknown:
        try:
            seconds = _READ_SECONDS + len(names) * _DECLARE_SECONDS
            answers = await self._declare.read(names, seconds)
        except AccessRefused as error:
            self.is_refused = True
            return self._connection_failed(Unknown(error.reason, str(error)), error)
        except OverBudget as error:
            return self._connection_failed(error.why, error)
        except Exception as error:  # noqa: BLE001 - one broker's failure must not stop other brokers
            why = Unknown("BrokerUnreachable", "the broker does not answer")
            return self._connection_failed(why, error)
        self.is_refused = False
        self._connection = None
        now = self._clock()
        for name, answer in answers.items():
            if isinstance(answer, Unknown) and answer != delayed(name):
                with suppress(OverBudget):  # it is read again without a pause
                    self._retries.set(name, _postpone(self._retries.get(name), answer, now))
            else:
                self._retries.forget(name)
        return answers

    def _connection_failed(self, why: Unknown, error: Exception) -> Unknown:
        now = self._clock()
        if _postponed(self._connection, now) is None:  # A concurrent read may have logged it.
            unexpected = not isinstance(error, OSError | AccessRefused | OverBudget)
            _log.warning(
                "Broker cannot be reached", extra={"error": str(error)}, exc_info=unexpected
            )
        self._connection = _postpone(self._connection, why, now)
        return why

    async def close(self) -> None:
        self._retries.close()
        self._leaders.last.close()
        await self._declare.close()


def _postponed(retry: _Retry | None, now: float) -> Unknown | None:
    return retry.why if retry is not None and now < retry.timer.due else None


def _postpone(retry: _Retry | None, why: Unknown, now: float) -> _Retry:
    """Back off, but once only for reads that failed at the same time."""
    retry = retry or _Retry(why)
    if now >= retry.timer.due:
        retry.why = why
        retry.timer.failed(now)
    return retry


class Last(NamedTuple):
    certain_at: float = _NEVER
    certain: Depth = _EMPTY
    """The last depth with a message or a consumer, which only the leader can report."""
    empty_at: float = _NEVER
    """When 0 and 0 was accepted last."""

    @property
    def newest(self) -> tuple[float, Depth]:
        return max((self.certain_at, self.certain), (self.empty_at, _EMPTY))


@dataclass(slots=True)
class LeaderAnswers:
    """Decides for each queue whether 0 and 0 is an answer of its leader."""

    last: QueueMemory[Last]
    has_statistics: bool

    def accepted(
        self, name: str, answer: Answer, latest: Statistics | None, now: float
    ) -> tuple[Answer, float]:
        """Return the answer to use and its time.

        Without an answer of the leader, this is the last one for 5 s, then `LeaderSilent`.
        """
        before = self.last.get(name)
        last = before or Last()
        if before is None and answer in (late(name), delayed(name)):
            answer = _EMPTY  # The first answer can be late because the operator is starting.
        if is_silent(answer):
            return _last_or_unknown(answer, *last.newest, now)
        if isinstance(answer, Unknown):
            self.last.forget(name)
            return answer, now
        if now < last.certain_at:  # another read has a later answer
            return last.certain, last.certain_at
        if any(answer):
            return self._stored(name, Last(now, answer), answer, now)
        last_at, ready = max((last.certain_at, last.certain.ready), _sampled(name, latest))
        if ready == 0 or (not self.has_statistics and now - last_at > _MAX_DOUBT_SECONDS):
            return self._stored(name, last._replace(empty_at=now), answer, now)
        return _last_or_unknown(late(name), last.certain_at, last.certain, now)

    def _stored(self, name: str, last: Last, answer: Answer, now: float) -> tuple[Answer, float]:
        """Return an answer; without a place for it the next one could not be judged."""
        try:
            self.last.set(name, last)
        except OverBudget as error:
            return error.why, now
        return answer, now


def _last_or_unknown(why: Answer, at: float, depth: Depth, now: float) -> tuple[Answer, float]:
    return (depth, at) if now - at <= _ELECTION_SECONDS else (why, now)


def _sampled(name: str, latest: Statistics | None) -> tuple[float, int]:
    """Return a time before the statistics of a queue were sampled, and its ready messages then."""
    queue = latest.queues.get(name) if latest else None
    if latest is None or queue is None or isinstance(queue.ready, Unknown):
        return _NEVER, 0
    return known(latest.sampled_after, latest.at), queue.ready
