"""A substitute for :class:`mare_nameko.client.RpcClient` that answers from memory."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Called:
    target: str
    request: Any
    timeout: float
    context: dict[str, str]


@dataclass
class FakeRpc:
    """Answers each target with what ``answers`` holds for it: a value, or an error to raise."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[Called] = field(default_factory=list)
    ready: bool = True
    alive: bool = True
    started: bool = False
    in_flight: int = 0
    connections: int = 1

    def call(self, target, *args, timeout, context=None):
        self.calls.append(Called(target, args[0], timeout, dict(context or {})))
        answer = self.answers[target]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def start(self):
        self.started = True

    def close(self):
        self.ready = False
