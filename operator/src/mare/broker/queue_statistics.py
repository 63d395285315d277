"""Queue statistics, which RabbitMQ updates every few seconds, and the task that polls them."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from mare.backoff import Backoff
from mare.broker.http_client import ResponseTooLarge, TooManyRequests
from mare.broker.sample_clock import SampleAge, SampleClock
from mare.domain.alarms import ALARM_NOT_REPORTED
from mare.domain.observation import NOT_REPORTED, STATISTICS_SECONDS, QueueSample
from mare.domain.unknown import Unknown, known
from mare.ports import AccessRefused, Clock
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import DECODING, Tenant

MAX_QUEUES = 30_000
"""Queues of one virtual host. Their statistics take about 25 MB."""
_FIRST_SECONDS = 2.0
"""How long the first read of queues waits for the first statistics."""
_MIN_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 15.0
_TOO_LARGE_SECONDS = 60.0
"""Pause after a response that exceeds a bound: receiving 8 MiB takes 50 ms of processor time."""
_TOO_LARGE = "StatisticsTooLarge"
_LARGE = 1_000
"""Queues that are compared with the last sample in 2 ms; a change of threads takes 0.1 ms."""
_CLUSTER_CHANGED = Unknown(
    "ClusterChanged",
    "another RabbitMQ cluster answers at the address of the statistics than before",
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatistics(QueueSample):
    """One queue in the statistics."""

    ready: int | Unknown = NOT_REPORTED
    consumers: int | Unknown = NOT_REPORTED
    transient: bool = False
    """Whether RabbitMQ deletes the queue without consumers: auto-delete, exclusive or x-expires."""
    exclusive: bool = False
    stream: bool = False
    peers: Mapping[str, int] | Unknown = NOT_REPORTED
    """HOST:PORT of its consumers, with the unacknowledged messages of their channels."""

    def without_counters(self) -> "QueueStatistics":
        return replace(
            self,
            published=NOT_REPORTED,
            delivered=NOT_REPORTED,
            acknowledged=NOT_REPORTED,
            redelivered=NOT_REPORTED,
        )

    def increase(self, before: "QueueStatistics") -> int:
        """Return by how many messages the counters differ at most."""
        if self is before:
            return 0
        pairs = zip(before.counters, self.counters, strict=True)
        return max(abs(new - old) for old, new in pairs)

    @property
    def counters(self) -> tuple[int, int, int]:
        """Messages published, delivered and acknowledged so far; 0 where unknown."""
        return known(self.published, 0), known(self.delivered, 0), known(self.acknowledged, 0)


@dataclass(frozen=True, slots=True)
class Statistics:
    at: float
    queues: dict[str, QueueStatistics] = field(default_factory=dict)
    sampled_after: float | Unknown = NOT_REPORTED
    """A time that is certainly before the sample."""
    cluster: str = ""
    """The identity of the RabbitMQ cluster; empty if it is not reported."""
    alarm: Unknown | None = ALARM_NOT_REPORTED
    """The alarm by which the cluster blocks publishers; also why it is not known."""


def _share(new: dict[str, QueueStatistics], before: Mapping[str, QueueStatistics]) -> None:
    """Replace what is equal by the statistics of the response before.

    Two samples of 29,000 queues at rest take 13 MB instead of 19.
    """
    for name, queue in new.items():
        old = before.get(name)
        if old == queue:
            new[name] = old


class StatisticsSource(Protocol):
    async def fetch(self, vhost: str, now: float) -> Statistics:
        """Raises `AccessRefused`, `OverBudget` or OSError."""

    async def close(self) -> None: ...


class StatisticsPoller:
    """Fetches the statistics of one virtual host in a task, from the first `start` to `close`."""

    def __init__(
        self,
        source: StatisticsSource,
        vhost: str,
        clock: Clock,
        seconds: float,
        tenant: Tenant,
    ) -> None:
        self._tenant = tenant
        self._source = source
        self._vhost = vhost
        self._clock = clock
        self._seconds = seconds
        self._sample_clock = SampleClock(seconds)
        self._backoff = Backoff(seconds, _LONGEST_PAUSE_SECONDS)
        self._retry_after = 0.0
        """The seconds that the last answer asks clients to wait; 0 without such a number."""
        self._age = SampleAge(max(seconds, STATISTICS_SECONDS))
        self._task: asyncio.Task[None] | None = None
        self._fetched = asyncio.Event()
        self._names: Mapping[str, None] | None = None
        self._cluster: str | None = None
        """The cluster that sent the last response."""
        self._past: Mapping[str, QueueStatistics] = {}
        """The queues of the last response, with their counters."""
        self.last_two: tuple[Statistics, ...] = ()
        """Two samples at most, the newer one last."""
        self.error: Unknown | None = None
        """Why the last request failed."""
        self.is_refused = False
        """Whether the broker refused the last request."""

    @property
    def latest(self) -> Statistics | None:
        return self.last_two[-1] if self.last_two else None

    @property
    def names(self) -> Collection[str] | Unknown:
        """The queues that exist. The object stays the same until a queue is created or deleted."""
        if self._names is not None:
            return self._names
        return self.error or Unknown("NotReadYet", "the statistics have not been read yet")

    async def start(self) -> None:
        """Start the task; wait up to 2 s for the first response."""
        if self._fetched.is_set():
            return
        if self._task is None:
            self._task = asyncio.create_task(self._poll())
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_SECONDS):
                await self._fetched.wait()
        self._fetched.set()

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            self.error = await self._fetch()
            self._fetched.set()
            passed = loop.time() - begun
            await asyncio.sleep(max(_MIN_PAUSE_SECONDS, self._next_pause() - passed))

    def _next_pause(self) -> float:
        """Return the seconds from the last request to the next one, longer after failures."""
        pause = self._sample_clock.pause
        if self.error is None:
            self._backoff.reset()
            return pause
        if self.error.reason == _TOO_LARGE:
            return max(pause, _TOO_LARGE_SECONDS)
        retry_after = min(self._retry_after, _LONGEST_PAUSE_SECONDS)
        return max(pause, retry_after, self._backoff.next_delay())

    async def _fetch(self) -> Unknown | None:
        """Fetch one sample; return why that failed."""
        refused, retry_after = False, 0.0
        try:
            return await self._compare(await self._source.fetch(self._vhost, self._clock()))
        except ResponseTooLarge as error:
            return Unknown(_TOO_LARGE, str(error))
        except AccessRefused as error:
            refused = True
            return Unknown(error.reason, str(error))
        except OverBudget as error:
            return error.why
        except OSError as error:
            retry_after = error.retry_after if isinstance(error, TooManyRequests) else 0.0
            return Unknown("StatisticsUnreachable", str(error))
        except Exception as error:  # noqa: BLE001 - an unexpected response must not end the task
            _log.exception("Statistics could not be read")
            cause = f"the statistics cannot be parsed ({type(error).__name__})"
            return Unknown("StatisticsUnreadable", cause)
        finally:
            self.is_refused, self._retry_after = refused, retry_after

    async def _compare(self, new: Statistics) -> Unknown | None:
        """Add a sample, a large one in a thread: 30,000 queues take 0.1 s."""
        if len(new.queues) < _LARGE:
            return self._add(new)
        return await self._tenant.run_in_thread(DECODING, self._add, new)

    def _add(self, new: Statistics) -> Unknown | None:
        """Add a sample; return why it is not used."""
        known_cluster, self._cluster = self._cluster, new.cluster
        if known_cluster not in (None, new.cluster):  # Its queues and counters are others.
            self.last_two, self._names, self._past = (), None, {}
            self._sample_clock = SampleClock(self._seconds)
            return _CLUSTER_CHANGED
        past, self._past = self._past, new.queues
        _share(new.queues, past)
        increases = (queue.increase(past.get(name, queue)) for name, queue in new.queues.items())
        at = self._sample_clock.sample_time(new.at, sum(increases))
        new = replace(new, sampled_after=self._age.sampled_after(new.at, self._clock()))
        if not self._sample_clock.is_aligned:
            queues = {name: queue.without_counters() for name, queue in new.queues.items()}
            new = replace(new, queues=queues)
        if at is None:  # The counters are those of the last sample; the other fields may be newer.
            *before, latest = self.last_two
            self.last_two = (*before, replace(new, at=latest.at))
        else:
            self.last_two = (*self.last_two[-1:], replace(new, at=at))
        if self._names is None or self._names.keys() != new.queues.keys():
            self._names = dict.fromkeys(sorted(new.queues))
        return None

    async def close(self) -> None:
        self._fetched.set()  # A later `start` must not create a task, since nothing would end it.
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._source.close()
