"""Which operator acts on an object that two operators watch.

The status names the operator that acts. An operator that finds another name there writes its own
name once, as a challenge. An operator that runs writes its name back within a second; the
challenger then leaves the object alone and tries again after five minutes. An operator that was
removed does not answer, so that the challenger acts after ten seconds. This needs no right to read
the Lease of the other operator.
"""

from dataclasses import dataclass, field
from enum import Enum

ANSWER_SECONDS = 10.0
CHALLENGE_SECONDS = 300.0
_MAX_ANSWERS = 3
"""Answers within `CHALLENGE_SECONDS`. Two operators that both believe to act would answer for ever;
one that was suspended for longer than `ANSWER_SECONDS` believes so."""


class Standing(Enum):
    ACTS = "acts"
    CHALLENGES = "challenges"
    WAITS = "waits"


@dataclass(slots=True)
class OperatorClaim:
    """The claim of one operator on one object. Times are seconds."""

    own: str
    """Name of this operator, equal in all of its replicas; empty if there cannot be another."""
    stored: str | None = None
    """The name in the status."""
    other: str = ""
    """The last other name in the status."""
    lost: bool = False
    """Whether another operator has answered a challenge; the reader sets it back to False."""
    _holds: bool = False
    _challenged_at: float | None = None
    _answers: list[float] = field(default_factory=list)

    def observe(self, stored: str | None) -> None:
        """Take the name in the status as the API server has it now."""
        before, self.stored = self.stored, stored
        if stored is not None and self.is_others:
            self.other = stored
        if self.is_others and before == self.own and not self._holds:
            self.lost = True

    @property
    def is_others(self) -> bool:
        return self.stored is not None and self.stored != self.own

    @property
    def must_answer(self) -> bool:
        """Whether the name in the status has to be replaced at once."""
        return self._holds and self.is_others

    def standing(self, now: float) -> Standing:
        if self.stored is None or not self.own:
            return Standing.ACTS
        if self.stored == self.own:
            self._holds = self._holds or self._since_challenge(now) >= ANSWER_SECONDS
            return Standing.ACTS if self._holds else Standing.WAITS
        if self._holds and self._may_answer(now):
            return Standing.ACTS
        self._holds = False
        if self._since_challenge(now) < CHALLENGE_SECONDS:
            return Standing.WAITS
        return Standing.CHALLENGES

    def challenged(self, now: float) -> None:
        """Record that this operator has written its name over another one."""
        self._challenged_at, self.stored = now, self.own

    def written(self, now: float) -> None:
        """Record that this operator has written a status, which has its name."""
        if self.is_others:
            self._answers.append(now)
        self.stored = self.own

    def _may_answer(self, now: float) -> bool:
        self._answers = [each for each in self._answers if now - each < CHALLENGE_SECONDS]
        return len(self._answers) < _MAX_ANSWERS

    def _since_challenge(self, now: float) -> float:
        return float("inf") if self._challenged_at is None else now - self._challenged_at
