"""What passive declarations tell of queues; who does not answer is left alone for a while."""

import logging
from collections.abc import Collection, Mapping

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.passive_declare import Answer, PassiveDeclare, silent
from mare.broker.pauses import Pauses
from mare.broker.queue_statistics import Statistics
from mare.broker.silent_leaders import SilentLeaders
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused, Clock

_READ_SECONDS = 2.0
_EACH_SECONDS = 0.002
"""Time that a declaration may take beyond that, ten times what it takes."""
_CONNECTION = ""
"""What pauses when the connection breaks; no queue is called that."""
_log = logging.getLogger(__name__)


class QueueDepths:
    """Opens a connection when it is needed; close it when nobody reads its queues any more."""

    def __init__(self, access: ConnectionParameters, clock: Clock, *, has_statistics: bool) -> None:
        self._depths = PassiveDeclare(access)
        self._clock = clock
        self._silences = SilentLeaders(has_statistics=has_statistics)
        self._pauses = Pauses()
        self.refused = False
        """Whether the broker does not let us in."""

    async def read(
        self, names: Collection[str], latest: Statistics | None
    ) -> Mapping[str, tuple[Answer, float]] | Unknown:
        """What is to be believed of each queue, and of what moment it is.

        `latest` are the last statistics, which tell whether a queue that says nothing is empty.
        """
        now = self._clock()
        if (broken := self._pauses.why(_CONNECTION, now)) is not None:
            return broken
        pausing = {name: self._pauses.why(name, now) for name in names}
        answers: dict[str, Answer] = {name: why for name, why in pausing.items() if why}
        asked = [name for name, why in pausing.items() if not why]
        asked.sort(key=self._pauses.has_missed)  # the time may be over before these answer
        new = await self._ask(asked)
        if isinstance(new, Unknown):
            return new
        answers |= new
        return {
            name: self._silences.believed(name, answers.get(name, silent(name)), latest, now)
            for name in names
        }

    async def _ask(self, names: Collection[str]) -> Mapping[str, Answer] | Unknown:
        try:
            answers = await self._depths.read(names, _READ_SECONDS + len(names) * _EACH_SECONDS)
        except AccessRefused as error:
            self.refused = True
            return self._broken(Unknown("AccessRefused", str(error)), error)
        except Exception as error:  # noqa: BLE001 - whatever happens with one broker, others are read
            return self._broken(Unknown("BrokerUnreachable", "the broker does not answer"), error)
        self.refused = False
        self._pauses.found(_CONNECTION)
        now = self._clock()
        for name, answer in answers.items():
            if isinstance(answer, Unknown):
                self._pauses.missed(name, answer, now)
            else:
                self._pauses.found(name)
        return answers

    def _broken(self, why: Unknown, error: Exception) -> Unknown:
        now = self._clock()
        if self._pauses.why(_CONNECTION, now) is None:  # else somebody else has just told
            unexpected = not isinstance(error, OSError | AccessRefused)
            _log.warning("Broker is not reached", extra={"error": str(error)}, exc_info=unexpected)
        return self._pauses.missed(_CONNECTION, why, now)

    async def close(self) -> None:
        await self._depths.close()
