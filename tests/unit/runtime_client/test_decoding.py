import tracemalloc
from struct import pack

import amqp
import msgspec
import pytest
from amqp.serialization import dumps
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.client.decoding import (
    ConsumerCounter,
    ReplyReader,
    content_header,
    declared,
    result,
)
from mare_nameko.client.errors import BadReply, RemoteError

DELIVER = b"\x00\x3c\x00\x3c" + dumps("sLbss", ("tag", 1, False, "nameko-rpc", "key"))
RETURN = b"\x00\x3c\x00\x32" + dumps("Bsss", (312, "NO_ROUTE", "nameko-rpc", "a.b"))

properties = st.fixed_dictionaries(
    {},
    optional={
        "content_type": st.just("application/json"),
        "content_encoding": st.just("utf-8"),
        "application_headers": st.dictionaries(
            st.text(max_size=9), st.text(max_size=9), max_size=3
        ),
        "delivery_mode": st.sampled_from([1, 2]),
        "priority": st.integers(0, 9),
        "correlation_id": st.text(max_size=40),
        "reply_to": st.text(max_size=40),
        "expiration": st.just("100"),
        "message_id": st.text(max_size=9),
    },
)


def header(body_size, **known):
    message = amqp.Message("", **known)
    return pack(">HHQ", 60, 0, body_size) + message._serialize_properties()


class Listener:
    def __init__(self):
        self.replies = []
        self.acks = []
        self.frames = ReplyReader(
            1,
            lambda correlation_id, body: self.replies.append((correlation_id, body)),
            lambda tag, multiple: self.acks.append((tag, multiple)),
        )


@given(properties, st.integers(0, 2**40))
def test_size_and_correlation_id_are_read_whatever_else_is_in_the_header(known, size):
    assert content_header(header(size, **known)) == (size, known.get("correlation_id", ""))


@given(st.lists(st.binary(min_size=1, max_size=10), max_size=5))
def test_a_reply_is_put_together_from_its_frames(parts):
    listener = Listener()
    body = b"".join(parts)
    frames = [
        (1, DELIVER),
        (2, header(len(body), correlation_id="7")),
        *((3, part) for part in parts),
    ]

    taken = [listener.frames.take(kind, 1, payload) for kind, payload in frames]

    assert all(taken)
    assert listener.replies == [("7", body)]


def test_a_reply_over_the_limit_is_not_kept_but_ends_its_call():
    listener = Listener()
    part = bytes(2**17)
    tracemalloc.start()

    for kind, payload in [
        (1, DELIVER),
        (2, header(800 * len(part), correlation_id="7")),
        *[(3, part)] * 800,
        (1, DELIVER),
        (2, header(1, correlation_id="8")),
        (3, b"x"),
    ]:
        listener.frames.take(kind, 1, payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert listener.replies == [("7", b""), ("8", b"x")]
    assert peak < 2**20
    with pytest.raises(BadReply, match="longer than 16 MiB"):
        result(listener.replies[0][1])


def test_the_type_and_the_text_of_an_error_are_shortened():
    body = msgspec.json.encode({"error": {"exc_type": "E" * 10**6, "value": "v" * 10**6}})

    with pytest.raises(RemoteError) as raised:
        result(body)

    assert len(str(raised.value)) < 3_000
    assert len(raised.value.exc_type) == 1_024


def test_acks_are_reported():
    listener = Listener()

    assert listener.frames.take(1, 1, b"\x00\x3c\x00\x50" + pack(">QB", 9, 1))
    assert listener.acks == [(9, True)]


def test_frames_of_other_channels_and_returned_messages_are_left_to_py_amqp():
    listener = Listener()

    others = [(1, 2, DELIVER), (1, 1, RETURN), (2, 1, header(1, correlation_id="1")), (3, 1, b"x")]

    assert not any(listener.frames.take(*frame) for frame in others)
    assert listener.replies == []


class Channel:
    def __init__(self):
        self.channel_id = 2
        self.sent = []

    def send_method(self, method, signature="", arguments=()):
        self.sent.append((method, dumps(signature, arguments)))


def declare_ok(queue, messages, consumers):
    return b"\x00\x32\x00\x0b" + dumps("sll", (queue, messages, consumers))


@given(st.text(max_size=60), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_consumers_are_read_from_the_brokers_answer(queue, messages, consumers):
    assert declared(declare_ok(queue, messages, consumers)) == (queue, messages, consumers)


def test_consumers_are_requested_passively_and_reported():
    reported = []
    channel = Channel()
    counter = ConsumerCounter(channel, lambda *counted: reported.append(counted))

    counter.request("weather")

    ((method, arguments),) = channel.sent
    assert method == (50, 10)
    assert arguments[2:] == b"\x0brpc-weather" + b"\x01" + bytes(4)  # passive and nothing else
    assert counter.take(1, 2, declare_ok("rpc-weather", 5, 0))
    assert reported == [("weather", 5, 0)]


def test_the_silence_of_a_queues_leader_is_no_answer():
    reported = []
    counter = ConsumerCounter(Channel(), lambda *counted: reported.append(counted))

    assert counter.take(1, 2, declare_ok("rpc-weather", 0, 0))
    assert counter.take(1, 2, declare_ok("rpc-weather", 0, 3))
    assert reported == [("weather", 0, 3)]


def test_a_channel_that_a_missing_queue_has_closed_is_opened_without_waiting():
    channel = Channel()
    counter = ConsumerCounter(channel, None)

    assert counter.take(1, 2, b"\x00\x14\x00\x28" + dumps("BsBB", (404, "NOT_FOUND", 50, 10)))
    counter.request("weather")

    assert [method for method, _ in channel.sent] == [(20, 41), (20, 10)]
    assert counter.take(1, 2, b"\x00\x14\x00\x0b" + bytes(4))
    counter.request("weather")
    assert channel.sent[-1][0] == (50, 10)


def test_the_counter_leaves_other_frames_alone():
    counter = ConsumerCounter(Channel(), None)

    assert not counter.take(1, 1, declare_ok("rpc-weather", 5, 0))
    assert not counter.take(1, 2, b"\x00\x14\x00\x28" + bytes(9))
    assert not counter.take(2, 2, header(1))
