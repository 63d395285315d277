"""The statistics of one virtual host, renewed for as long as somebody reads its queues."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from mare.broker.queue_statistics import Statistics, StatisticsSource
from mare.broker.sample_clock import SampleClock
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Clock

_FIRST_SECONDS = 2.0
"""How long the first reading of queues waits for the first statistics."""
_SHORTEST_PAUSE = 0.1
_log = logging.getLogger(__name__)


class StatisticsPoller:
    """Begins with the first call of `begin`; close it in the end."""

    def __init__(self, source: StatisticsSource, vhost: str, clock: Clock, seconds: float) -> None:
        self._source = source
        self._vhost = vhost
        self._clock = clock
        self._phase = SampleClock(seconds)
        self._task: asyncio.Task[None] | None = None
        self._first = asyncio.Event()
        self._names: Mapping[str, None] | None = None
        self.last_two: tuple[Statistics, ...] = ()
        """The newer one last."""
        self.error: Unknown | None = None
        """Why the last question was not answered."""
        self.refused = False

    @property
    def latest(self) -> Statistics | None:
        return self.last_two[-1] if self.last_two else None

    @property
    def names(self) -> Collection[str] | Unknown:
        """The queues that exist, as of the last statistics: the same object until they change."""
        if self._names is not None:
            return self._names
        return self.error or Unknown("NotReadYet", "the statistics are not read yet")

    async def begin(self) -> None:
        """Have the statistics renewed from now on; wait for the first ones, but not for long."""
        if self._first.is_set():
            return
        if self._task is None:
            self._task = asyncio.create_task(self._renew())
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_SECONDS):
                await self._first.wait()
        self._first.set()

    async def _renew(self) -> None:
        while True:
            begun = asyncio.get_running_loop().time()
            self.error = await self._ask()
            self.refused = self.error is not None and self.error.reason == "AccessRefused"
            self._first.set()
            passed = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(max(_SHORTEST_PAUSE, self._phase.pause - passed))

    async def _ask(self) -> Unknown | None:
        """Take in the answer, or return why there is none."""
        try:
            self._take(await self._source.fetch(self._vhost, self._clock()))
        except AccessRefused as error:
            return Unknown("AccessRefused", str(error))
        except OSError as error:
            return Unknown("StatisticsUnreachable", str(error))
        except Exception as error:  # noqa: BLE001 - an answer of an unexpected shape must not end the task
            _log.exception("Statistics could not be read")
            cause = f"the statistics are not understood ({type(error).__name__})"
            return Unknown("StatisticsUnreadable", cause)
        return None

    def _take(self, new: Statistics) -> None:
        moment = self._phase.moment(new.at, new.queues)
        if moment is None:  # its counters are the last ones, but what it holds is newer
            *before, latest = self.last_two
            self.last_two = (*before, replace(new, at=latest.at))
        else:
            self.last_two = (*self.last_two[-1:], replace(new, at=moment))
        if self._names is None or self._names.keys() != new.queues.keys():
            self._names = dict.fromkeys(sorted(new.queues))

    async def close(self) -> None:
        self._first.set()  # whoever begins now gets no task that nobody would end
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._source.close()
