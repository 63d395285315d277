"""Whether a queue is empty or does not answer: RabbitMQ says 0 messages and 0 consumers for both.

A passive declaration of a quorum queue asks its leader and waits for 250 ms. While the leader is
too busy for that, is being elected or has lost its majority, the answer is not an error but 0 and 0
(`stat` in rabbit_quorum_queue.erl, seen on 4.0.5): of all moments, a queue seems empty when it is
in trouble.
"""

from dataclasses import dataclass, field

from mare.broker.depths import Depth
from mare.broker.figures import Statistics
from mare.domain.unknown import Unknown

_PATIENCE_SECONDS = 5.0
"""How long the last sure answer stands for one that did not come: an election takes less."""
_LONGEST_SECONDS = 60.0
"""After which 0 and 0 are believed where no statistics will ever tell."""
_MOST_QUEUES = 20_000

Answer = Depth | Unknown


@dataclass(slots=True)
class Silences:
    """What was surely seen of each queue, and when.

    A consumer in the answer shows that the leader gave it, and so does a message.
    """

    has_statistics: bool
    _sure: dict[str, tuple[float, Depth]] = field(default_factory=dict)

    def believed(
        self, name: str, answer: Answer, latest: Statistics | None, now: float
    ) -> tuple[Answer, float]:
        """What is to be believed, and of what moment it is.

        If messages were the last that was surely seen of the queue, 0 and 0 are no answer.
        """
        if isinstance(answer, Unknown):
            self._sure.pop(name, None)
            return answer, now
        if any(answer):
            self._saw(name, answer, now)
            return answer, now
        seen_at, sure = self._sure.get(name, (0.0, answer))
        last_at, ready = max((seen_at, sure.ready), _told(name, latest))
        if ready == 0 or (not self.has_statistics and now - last_at > _LONGEST_SECONDS):
            return answer, now
        if now - seen_at <= _PATIENCE_SECONDS:
            return sure, seen_at
        text = f"queue {name} had messages, and its leader seems not to answer"
        return Unknown("LeaderSilent", text, name), now

    def _saw(self, name: str, depth: Depth, now: float) -> None:
        self._sure.pop(name, None)
        self._sure[name] = (now, depth)
        if len(self._sure) > _MOST_QUEUES:  # the one that was not seen for longest
            del self._sure[next(iter(self._sure))]


def _told(name: str, latest: Statistics | None) -> tuple[float, int]:
    """When the statistics saw the queue, and the messages that it had ready then."""
    known = latest.queues.get(name) if latest else None
    if latest is None or known is None or isinstance(known.ready, Unknown):
        return 0.0, 0
    return latest.at, known.ready
