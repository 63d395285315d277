"""What a service answers, as the message that its caller receives."""

import json
from types import SimpleNamespace

import pytest
from nameko.exceptions import UnserializableValueError

from mare_nameko.service.rpc_entrypoint import encode_reply, find_mistake_in_request


def request(**changes):
    message = {
        "content_type": "application/json",
        "headers": {},
        "properties": {"reply_to": "caller", "correlation_id": "c-1"},
    }
    return SimpleNamespace(**{**message, **changes})


def test_a_result_is_encoded_as_its_request_was():
    reply = encode_reply(request(), {"city": "São Paulo"}, None)

    assert json.loads(reply.body) == {"result": {"city": "São Paulo"}, "error": None}
    assert (reply.content_type, reply.content_encoding) == ("application/json", "utf-8")
    assert (reply.correlation_id, reply.delivery_mode) == ("c-1", 1)
    assert reply.application_headers == {}


def test_an_error_is_a_reply_with_its_type_and_arguments():
    body = json.loads(encode_reply(request(), None, ValueError("no", 1)).body)

    assert body["result"] is None
    assert body["error"]["exc_type"] == "ValueError"
    assert body["error"]["exc_args"] == ["no", 1]
    assert body["error"]["value"] == "('no', 1)"


def test_a_result_that_no_message_can_carry_is_an_error_that_shows_it():
    with pytest.raises(UnserializableValueError) as raised:
        encode_reply(request(), {1j}, None)

    assert raised.value.repr_value == "{1j}"


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({}, None),
        ({"properties": {"correlation_id": "c-1"}}, "reply_to"),
        ({"properties": {"reply_to": ""}}, "reply_to"),
        ({"content_type": "image/png"}, "content_type"),
        ({"content_type": None}, "content_type"),
    ],
)
def test_a_request_that_cannot_be_answered_has_a_mistake(changes, mistake):
    assert find_mistake_in_request(request(**changes)) == mistake
