"""Writes down the way from the wish to the result, rung by rung."""

from mare.domain.clause import Clause
from mare.domain.decision import Decision, Reason, Stage, Step
from mare.domain.sentences import replicas


class Course:
    """The count on its way, and what moved it."""

    def __init__(self, current: int) -> None:
        self.current = current
        self.count = current
        self.raw: int | None = None
        self.reason = Reason.WITHIN_TARGET
        self.until: float | None = None
        self._steps: list[Step] = []
        self._limits: list[Reason] = []
        self._remarks: list[Clause] = []
        self._sum: tuple[Clause, ...] = ()
        self._sum_text = ""

    def say(self, *clauses: Clause, joined: str = ", ") -> None:
        """Begin the sentence with the sum that led to the count."""
        self._sum, self._sum_text = clauses, joined.join(clauses)

    def add(self, clause: Clause) -> None:
        """Go on with the sum."""
        self._sum, self._sum_text = (*self._sum, clause), f"{self._sum_text}, {clause}"

    def note(self, stage: Stage, count: int | None, text: Clause) -> None:
        """Add a rung that moves nothing by itself."""
        self._steps.append(Step(stage, count, text))

    def go(self, stage: Stage, count: int, text: Clause) -> None:
        """Take the count to where a rule wants it."""
        self.count = count
        self._steps.append(Step(stage, count, text))

    def limit(
        self, stage: Stage, count: int, reason: Reason, remark: Clause, until: float | None = None
    ) -> None:
        """Take the count to where a limit holds it."""
        self.go(stage, count, remark)
        self._limits.append(reason)
        self._remarks.append(remark)
        self.until = until

    def rest(self, count: int, clause: Clause) -> None:
        """Take the count to rest, past all that held it."""
        self.say(clause)
        self.raw, self.reason, self.until = count, Reason.RESTED, None
        self._limits, self._remarks = [], []
        self.go(Stage.REST, count, clause)

    def decided(self) -> Decision:
        if self.count != self.current:
            head = f"{self.current} → {replicas(self.count)}"
        else:
            head = replicas(self.count)
        sentences = [f"{head}: {self._sum_text}." if self._sum_text else f"{head}."]
        sentences += [f"{remark}." for remark in self._remarks]
        return Decision(
            current=self.current,
            raw=self.raw,
            replicas=self.count,
            reason=self._reason(),
            message=" ".join(sentences),
            clauses=(*self._sum, *self._remarks),
            steps=tuple(self._steps),
            limited_by=tuple(self._limits),
            until=self.until,
        )

    def _reason(self) -> Reason:
        """The limit, if it decides; else the direction."""
        if self._limits and (self.count == self.current or self.count != self.raw):
            return self._limits[-1]
        if self.reason is not Reason.WITHIN_TARGET or self.count == self.current:
            return self.reason
        return Reason.LOAD_GREW if self.count > self.current else Reason.LOAD_FELL
