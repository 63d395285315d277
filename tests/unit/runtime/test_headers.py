"""Headers of messages: which are Nameko's, and which would break it."""

import pytest

from mare_nameko.headers import (
    find_mistake,
    read_headers,
    read_request_id,
    write_headers,
)


def test_only_nameko_headers_are_context():
    headers = {"nameko.language": "pt", "nameko.retry.count": 1, "x-death": [{}], "retry": 5}

    assert read_headers(headers) == {"language": "pt", "retry.count": 1}


def test_nulls_are_not_sent():
    assert write_headers({"language": "pt", "tracestate": None}) == {"nameko.language": "pt"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"nameko.call_id_stack": ["a", "b"], "nameko.deadline": 1.5},
        {"nameko.deadline": 1},
        {"call_id_stack": 5, "deadline": "soon"},
    ],
)
def test_good_headers_pass(headers):
    assert find_mistake(headers) is None


@pytest.mark.parametrize(
    ("headers", "mistake"),
    [
        ({"nameko.call_id_stack": 5}, "call_id_stack"),
        ({"nameko.call_id_stack": "a.b"}, "call_id_stack"),
        ({"nameko.call_id_stack": ["a", 5]}, "call_id_stack"),
        ({"nameko.call_id_stack": None}, "call_id_stack"),
        ({b"\xff": 1}, "header name"),
        ({"nameko.deadline": "soon"}, "deadline"),
        ({"nameko.deadline": True}, "deadline"),
        ({"nameko.deadline": float("inf")}, "deadline"),
        ({"nameko.deadline": float("nan")}, "deadline"),
    ],
)
def test_bad_headers_are_named(headers, mistake):
    assert find_mistake(headers) == mistake


@pytest.mark.parametrize("value", [None, 5, "", "two words", "line\nbreak", "x" * 129, "ü"])
def test_a_request_id_that_could_spoil_a_log_is_not_taken_over(value):
    assert read_request_id(value) is None


def test_a_plain_request_id_is_taken_over():
    assert read_request_id("b2c1-4f") == "b2c1-4f"
