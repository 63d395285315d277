"""Poison messages leave the queues: those that are left at the end are reported by queue."""

from typing import Any, cast

import pytest

from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.load.chaos import broker

LISTED = (
    '[\n{"name":"work","messages":3},{"name":"rpc-jobs","messages":0}'
    ',{"name":"dead-letters","messages":1000},{"name":"rpc-music","messages":""}\n]\n'
)


class Answering:
    """Returns one answer of rabbitmqctl after the other, and then the last."""

    def __init__(self, *answers: str | Exception) -> None:
        self._answers = list(answers)

    def kubectl(self, *_: Any, seconds: float) -> str:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def left(*answers: str | Exception) -> dict[str, Any]:
    return broker.messages_left(cast(Application, Answering(*answers)), "rabbitmq-0")


def test_messages_of_queues_without_consumers_are_not_left():
    assert broker.messages_in(LISTED) == {"work": 3, "rpc-music": ""}


def test_an_answer_that_does_not_come_is_awaited():
    assert not left(CommandFailed("away"), "Error: no JSON", LISTED, '[{"name":"a","messages":0}]')


@pytest.mark.parametrize("answer", [CommandFailed("away"), "Error: no JSON"])
def test_queues_that_are_never_listed_do_not_count_as_empty(
    answer: str | Exception, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(broker, "_LEAVE_SECONDS", 0.1)

    assert left(answer) == {"queues that could not be listed": "all"}


def test_what_was_listed_last_is_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker, "_LEAVE_SECONDS", 1.5)

    assert left(LISTED, CommandFailed("away")) == {"work": 3, "rpc-music": ""}
