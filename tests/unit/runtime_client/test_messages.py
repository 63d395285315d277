import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.client import BadReply, RemoteError
from mare_nameko.client.decoding import result
from mare_nameko.client.encoding import Route, request

ROUTE = Route(channel=1, exchange="nameko-rpc", reply_to="reply", frame_max=131072)

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_a_result_arrives_as_it_was_sent(value):
    assert result(json.dumps({"result": value, "error": None}).encode()) == value


def test_an_error_arrives_with_its_type_and_arguments():
    body = {
        "result": None,
        "error": {
            "exc_type": "PlaceNotFound",
            "exc_path": "x.PlaceNotFound",
            "exc_args": ["No place is called Atlantis.", {"suggestions": []}],
            "value": "...",
        },
    }

    with pytest.raises(RemoteError) as raised:
        result(json.dumps(body).encode())

    assert raised.value.exc_type == "PlaceNotFound"
    assert raised.value.exc_args == ("No place is called Atlantis.", {"suggestions": []})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"error": "boom"}', b'{"error": {}}'),
        b"[" * 100_000,
        *(b'{"result": %b, "error": null}' % each for each in (b"NaN", b"[-Infinity]", b"1e999")),
    ],
)
def test_nonsense_is_a_bad_reply(body):
    with pytest.raises(BadReply):
        result(body)


@given(st.binary(max_size=200))
def test_whatever_arrives_is_a_result_or_one_of_two_errors(body):
    try:
        result(body)
    except (BadReply, RemoteError):
        return


def test_a_request_carries_what_nameko_and_its_nested_calls_need():
    frames = request(
        ROUTE,
        "weather.search",
        [{"q": "são"}],
        correlation_id="c-1",
        caller="gateway",
        deadline=1_800_000_000.25,
        context={"request_id": "r-1", "traceparent": "00-aa-bb-01"},
    )

    body = frames[frames.rindex(b'{"args"') : -1]
    assert msgspec.json.decode(body) == {"args": [{"q": "são"}], "kwargs": {}}
    for part in (b"application/json", b"c-1", b"reply", b"gateway.c-1", b"r-1"):
        assert part in frames
    for header in (b"nameko.deadline", b"nameko.request_id", b"nameko.traceparent"):
        assert header in frames


def test_the_message_id_is_the_correlation_id():
    frames = request(ROUTE, "a.b", [], correlation_id="c-1", caller="x", deadline=1.0, context=None)

    assert frames.count(b"\x03c-1") == 2
    assert frames.index(b"\x05reply") < frames.rindex(b"\x03c-1")
