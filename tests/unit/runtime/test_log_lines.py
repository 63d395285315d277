"""Log lines of a service: their format, their fields, and which loggers may write what."""

import json
import logging
import sys
from types import SimpleNamespace

import pytest

from mare_nameko.service.container import log_failure, outcome_of
from mare_nameko.service.context import current
from mare_nameko.service.errors import BrokerUnavailable, DeadlineExceeded
from mare_nameko.service.logs import ContextFilter, configure_logs, json_formatter


@pytest.fixture
def root():
    """Keep the handlers and levels of the loggers that a test changes."""
    loggers = [logging.getLogger(name) for name in (None, "amqp", "kombu", "nameko")]
    before = [(each, each.level, each.handlers[:]) for each in loggers]
    yield loggers[0]
    logging.captureWarnings(capture=False)
    for each, level, handlers in before:
        each.setLevel(level)
        each.handlers[:] = handlers


def written(record):
    assert ContextFilter("shop").filter(record)
    return json.loads(json_formatter().format(record))


def record(**changes):
    parts = {"name": "a.b", "level": logging.INFO, "pathname": "", "lineno": 1}
    return logging.LogRecord(**{**parts, "msg": "paid", "args": (), "exc_info": None, **changes})


def test_a_line_is_json_with_the_name_of_its_service():
    line = written(record())

    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "INFO", "logger": "a.b", "message": "paid", "service": "shop"}


def test_a_line_has_the_ids_of_the_message_that_is_handled():
    ids = SimpleNamespace(trace_id="t", span_id="s")
    context = SimpleNamespace(request_id="r", entrypoint="pay", span=SimpleNamespace(context=ids))
    token = current.set(context)
    try:
        line = written(record())
    finally:
        current.reset(token)

    found = [line[name] for name in ("request_id", "trace_id", "span_id", "entrypoint")]
    assert found == ["r", "t", "s", "pay"]


def test_an_exception_is_a_field():
    line = written(record(exc_info=(ValueError, ValueError("torn"), None)))

    assert line["exception"].endswith("ValueError: torn")


@pytest.mark.parametrize(
    ("level", "talkative"), [("DEBUG", logging.WARNING), ("ERROR", logging.ERROR)]
)
def test_libraries_that_log_contents_are_kept_at_warnings(root, level, talkative):
    root.addHandler(logging.NullHandler())

    configure_logs("shop", level)

    assert root.level == getattr(logging, level)
    assert {logging.getLogger(name).level for name in ("amqp", "kombu", "nameko")} == {talkative}


@pytest.mark.parametrize(("terminal", "start"), [(True, "20"), (False, '{"')])
def test_lines_are_plain_at_a_terminal_only(root, monkeypatch, capsys, terminal, start):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    configure_logs("shop", "INFO")

    logging.getLogger("a.b").info("paid")

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(start)
    if terminal:
        assert line.endswith(" INFO    a.b: paid")
    else:
        assert json.loads(line)["service"] == "shop"


@pytest.mark.parametrize(
    ("error", "declared", "outcome", "line"),
    [
        (KeyError("secret"), KeyError, "error", ("INFO", "shop.pay answered KeyError")),
        (KeyError("secret"), (), "failure", ("ERROR", "shop.pay failed: KeyError")),
        (BrokerUnavailable("no"), (), "error", ("WARNING", "shop.pay failed: no")),
        (DeadlineExceeded("late"), (), "deadline", ("WARNING", "shop.pay failed: late")),
    ],
)
def test_a_failure_is_logged_without_quoting_the_request(caplog, error, declared, outcome, line):
    caplog.set_level(logging.INFO)

    log_failure("shop.pay", error, declared)

    (found,) = caplog.records
    assert (found.levelname, found.getMessage()) == line
    assert bool(found.exc_info) == (outcome == "failure")
    assert outcome_of(error, declared) == outcome


def test_work_without_an_error_is_ok():
    assert outcome_of(None, ()) == "ok"
