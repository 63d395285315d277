"""Whether a queue is empty or does not answer: RabbitMQ says 0 messages and 0 consumers for both.

A passive declaration of a quorum queue asks its leader and waits for 250 ms. While the leader is
too busy for that, is being elected or has lost its majority, the answer is not an error but 0 and 0
(`stat` in rabbit_quorum_queue.erl, seen on 4.0.5): of all moments, a queue seems empty when it is
in trouble. 0 and 0 that come late are known to be silence; those that come at once may be, if the
queue had messages.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from mare.broker.passive_declare import Answer, Depth, is_silence, late
from mare.broker.queue_statistics import Statistics
from mare.domain.unknown import Unknown

_PATIENCE_SECONDS = 5.0
"""How long the last answer stands for one that did not come: an election takes less."""
_LONGEST_SECONDS = 60.0
"""After which 0 and 0 are believed where no statistics will ever tell."""
_MOST_QUEUES = 20_000
_LONG_AGO = float("-inf")
_EMPTY = Depth(0, 0)


class _Seen(NamedTuple):
    """What a queue told last."""

    sure_at: float = _LONG_AGO
    sure: Depth = _EMPTY
    """A consumer in the answer shows that the leader gave it, and so does a message."""
    empty_at: float = _LONG_AGO
    """When 0 and 0 were believed."""

    @property
    def last(self) -> tuple[float, Depth]:
        return max((self.sure_at, self.sure), (self.empty_at, _EMPTY))


@dataclass(slots=True)
class SilentLeaders:
    """What each queue told last."""

    has_statistics: bool
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def believed(
        self, name: str, answer: Answer, latest: Statistics | None, now: float
    ) -> tuple[Answer, float]:
        """What is to be believed, and of what moment it is.

        If messages were the last that was surely seen of the queue, 0 and 0 are no answer.
        """
        seen = self._seen.get(name, _Seen())
        if answer == late(name) and name not in self._seen:
            answer = _EMPTY  # the very first one may be late because we are, busy with starting
        if is_silence(answer):
            return _patient(answer, *seen.last, now)
        if isinstance(answer, Unknown):
            self._seen.pop(name, None)
            return answer, now
        if any(answer):
            self._keep(name, _Seen(now, answer))
            return answer, now
        last_at, ready = max((seen.sure_at, seen.sure.ready), _told(name, latest))
        if ready == 0 or (not self.has_statistics and now - last_at > _LONGEST_SECONDS):
            self._keep(name, seen._replace(empty_at=now))
            return answer, now
        return _patient(late(name), seen.sure_at, seen.sure, now)

    def _keep(self, name: str, seen: _Seen) -> None:
        self._seen.pop(name, None)
        self._seen[name] = seen
        if len(self._seen) > _MOST_QUEUES:  # the one that was not seen for longest
            del self._seen[next(iter(self._seen))]


def _patient(why: Answer, at: float, depth: Depth, now: float) -> tuple[Answer, float]:
    return (depth, at) if now - at <= _PATIENCE_SECONDS else (why, now)


def _told(name: str, latest: Statistics | None) -> tuple[float, int]:
    """When the statistics saw the queue, and the messages that it had ready then."""
    known = latest.queues.get(name) if latest else None
    if latest is None or known is None or isinstance(known.ready, Unknown):
        return _LONG_AGO, 0
    return latest.at, known.ready
