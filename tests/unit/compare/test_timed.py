"""The program that publishes and works: no report is lost, and a worker says what it leaves."""

import gzip
import json
import runpy
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.e2e.application import PROGRAMS


class Broker:
    """A connection that is its own channel; it ends when all that it delivers is begun."""

    def __init__(self) -> None:
        self.reports: list[str] = []
        self.sent: list[Any] = []
        """Reports, and the queues of other messages."""
        self.deliver: list[tuple[int, float]] = []
        self.acked: list[int] = []
        self.losses = 0
        """How many more times it is lost when something is published or awaited."""

    def basic_get(self, *_: Any, **__: Any) -> SimpleNamespace | None:
        return SimpleNamespace(body=self.reports.pop(0)) if self.reports else None

    def basic_qos(self, *_: Any, **__: Any) -> None: ...

    def basic_consume(self, _queue: str, callback: Callable[[Any], None]) -> None:
        for number, takes in self.deliver:
            body = json.dumps([number, 0.0, takes, time.time()])
            delivered = {"redelivered": False}
            callback(SimpleNamespace(body=body, delivery_info=delivered, delivery_tag=number))

    def basic_ack(self, tag: int) -> None:
        self.acked.append(tag)

    def basic_publish(self, message: Any, routing_key: str) -> None:
        self._lose()
        self.sent.append(json.loads(message.body) if routing_key == "seen-work-1" else routing_key)

    def _lose(self) -> None:
        if self.losses:
            self.losses -= 1
            raise OSError("Connection reset by peer")

    def drain(self, seconds: float) -> None:
        if len(self.acked) + 1 == len(self.deliver):
            sys.exit()  # as at SIGTERM
        time.sleep(seconds)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker, recorder = Broker(), ModuleType("recorder")

    @contextmanager
    def connection() -> Iterator[Broker]:
        yield broker

    functions = {
        "LOST": (OSError,),
        "connection": connection,
        "channel_with": lambda broker, *_: broker,
        "drain": lambda broker, seconds: broker.drain(seconds),
    }
    vars(recorder).update(functions)
    monkeypatch.setitem(sys.modules, "recorder", recorder)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("HOSTNAME", "pod-1")
    return broker


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, Any]:
    monkeypatch.setattr("sys.argv", ["timed.py", *arguments])
    return runpy.run_path(str(PROGRAMS / "timed.py"))


def test_a_run_whose_reports_take_too_long_fails(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    print_reports = run(monkeypatch, "declare")["print_reports"]
    broker.reports = ["1", "2", "3"]
    print_reports(broker, "seen-work-1", 60)
    assert capsys.readouterr().out.split() == ["1", "2", "3"]

    broker.reports = ["1", "2", "3"]
    with pytest.raises(SystemExit, match="Reports were left") as ended:
        print_reports(broker, "seen-work-1", -1)
    assert ended.value.code


def test_a_worker_that_ends_with_a_message_reports_it(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
):
    broker.deliver = [(7, 0.01), (8, 60.0)]
    with pytest.raises(SystemExit):
        run(monkeypatch, "work", "work-1", "2", "2")

    assert [each["message"] for each in broker.sent[:2]] == [7, 8]
    assert broker.acked == [7]
    [last] = broker.sent[2:]
    assert last["pod"] == "pod-1"
    assert 0.0 <= last["ended"] < 60.0


def test_a_worker_that_loses_the_broker_begins_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
):
    broker.deliver, broker.losses = [(7, 0.0), (8, 60.0)], 1
    with pytest.raises(SystemExit):
        run(monkeypatch, "work", "work-1", "2", "2")

    assert [each.get("message") for each in broker.sent] == [7, 8, None]


def test_a_worker_that_is_to_end_does_not_begin_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
):
    ends: list[Callable[..., None]] = []
    monkeypatch.setattr("signal.signal", lambda _, end: ends.append(end))

    def end_with_a_cut_frame(_: float) -> None:
        with pytest.raises(SystemExit):
            ends[0]()
        raise OSError("the frame was cut")

    monkeypatch.setattr(broker, "drain", end_with_a_cut_frame)
    run(monkeypatch, "work", "work-1", "2", "2")

    assert broker.sent == []


def test_a_publisher_that_loses_the_broker_sends_the_message_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    load = gzip.compress(json.dumps([(0.0, 1.0), (0.1, 1.0)]).encode())
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda _: load)
    broker.losses, broker.reports = 1, ["1"]
    run(monkeypatch, "publish", "work-1", "0.2")

    assert broker.sent == ["work-1", "work-1"]
    assert capsys.readouterr().out.split()[-1] == "1"


@pytest.mark.parametrize(
    ("a_second", "queues", "expected"),
    [
        ("1", ["a"], [(0, "a"), (10, "-a"), (20, "a"), (30, "-a")]),
        ("0.1", ["a", "b"], [(0, "a"), (10, "-a"), (10, "b"), (20, "-b")]),
    ],
)
def test_bursts_come_in_turn_and_are_gone_after_10_s(
    broker: Broker,
    monkeypatch: pytest.MonkeyPatch,
    a_second: str,
    queues: list[str],
    expected: list[tuple[float, str]],
):
    now, seen = 1000.0, []

    class Ended(Exception): ...

    def pass_time(seconds: float) -> None:
        nonlocal now
        now += seconds
        if len(seen) > len(expected):
            raise Ended

    def record(name: str) -> None:
        if not seen or seen[-1] != (now - 1000, name):
            seen.append((now - 1000, name))

    monkeypatch.setattr("time.time", lambda: now)
    monkeypatch.setattr(broker, "drain", pass_time)
    monkeypatch.setattr(broker, "basic_publish", lambda _message, routing_key: record(routing_key))
    monkeypatch.setattr(broker, "queue_purge", lambda name: record(f"-{name}"), raising=False)
    with pytest.raises(Ended):
        run(monkeypatch, "bursts", a_second, *queues)

    assert [(round(at), name) for at, name in seen][: len(expected)] == expected
