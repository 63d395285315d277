import json
import logging
import logging.config
import socket
from types import SimpleNamespace

import pytest
from gunicorn.http.errors import InvalidHeader, LimitRequestHeaders, LimitRequestLine

from mare_gateway import logs
from mare_gateway.worker import Worker


def what_is_answered(error):
    ours, theirs = socket.socketpair()
    worker = SimpleNamespace(log=logging.getLogger("test"))
    with ours, theirs:
        Worker.handle_error(worker, None, ours, None, error)
        ours.shutdown(socket.SHUT_WR)
        head, _, body = theirs.makefile("rb").read().partition(b"\r\n\r\n")
    return head.decode(), json.loads(body)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (LimitRequestLine(9000, 8190), 414, "uri_too_long"),
        (LimitRequestHeaders("many"), 431, "headers_too_large"),
        (InvalidHeader("x"), 400, "bad_request"),
        (KeyError("s3cret"), 500, "internal_error"),
    ],
)
def test_what_never_reaches_the_application_is_a_problem_too(error, status, code):
    head, document = what_is_answered(error)

    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "application/problem+json" in head
    assert (document["status"], document["code"]) == (status, code)
    assert "s3cret" not in str(document)


def test_a_log_line_is_one_json_object():
    settings = logs.config("INFO")
    formatter = logging.config.DictConfigurator(settings).configure_formatter(
        settings["formatters"]["json"]
    )
    line = formatter.format(
        logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "maré", "status": 1})
    )

    assert json.loads(line) | {"time": ""} == {
        "level": "INFO",
        "logger": "x",
        "message": "maré",
        "status": 1,
        "time": "",
    }
