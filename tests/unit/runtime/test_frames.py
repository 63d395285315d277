"""What cannot be read is told apart from what can, frame by frame."""

import struct

import amqp
import pytest
from amqp import spec
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.service.frames import UNREADABLE, UnreadableFrame, tolerant_frame_handler

METHOD, HEADER, BODY = 1, 2, 3
RAW_CORRELATION_ID = b"\x04\x00" + b"\x02\xff\xfe"


class Connection:
    """As much of a connection as a frame handler sees, and what comes out of it."""

    bytes_recv = 0

    def __init__(self):
        self.messages = []
        self.is_collected = False
        self.read = tolerant_frame_handler(self, self.receive)

    def receive(self, channel, method, arguments, message):
        self.messages.append((message.properties, message.body))

    def collect(self):
        self.is_collected = True

    def send(self, method, properties, body=b"{}"):
        self.read((METHOD, 1, struct.pack(">HH", *method) + b"arguments"))
        self.read((HEADER, 1, struct.pack(">HHQ", 60, 0, len(body)) + properties))
        if body:
            self.read((BODY, 1, body))


@pytest.fixture
def connection():
    return Connection()


def test_a_readable_delivery_comes_as_it_is(connection):
    message = amqp.Message("{}", content_type="application/json", message_id="m-1")

    connection.send(spec.Basic.Deliver, message._serialize_properties())

    properties = {"content_type": "application/json", "message_id": "m-1"}
    assert connection.messages == [(properties, b"{}")]


@pytest.mark.parametrize("body", [b"{}", b""])
def test_an_unreadable_delivery_comes_as_one_that_no_consumer_accepts(connection, body):
    connection.send(spec.Basic.Deliver, RAW_CORRELATION_ID, body)
    connection.send(spec.Basic.Deliver, b"\x00\x00", b"next")

    first, second = connection.messages
    assert first[0] == {"content_type": UNREADABLE}
    assert second == ({}, b"next")
    assert not connection.is_collected


def test_an_unreadable_message_that_comes_back_to_its_publisher_ends_the_connection(connection):
    with pytest.raises(UnreadableFrame):
        connection.send(spec.Basic.Return, RAW_CORRELATION_ID)

    assert connection.is_collected
    assert connection.messages == []


def test_connection_frames_are_passed_on(connection):
    def close(*_):
        raise amqp.exceptions.ConnectionForced("maintenance")

    connection.read = tolerant_frame_handler(connection, close)

    with pytest.raises(amqp.exceptions.ConnectionForced):
        connection.send(spec.Basic.Deliver, b"\x00\x00")
    assert not connection.is_collected


@given(properties=st.binary(), body=st.binary(max_size=20))
def test_no_properties_whatever_raise_or_hide_the_next_delivery(properties, body):
    connection = Connection()

    connection.send(spec.Basic.Deliver, properties, body)
    connection.send(spec.Basic.Deliver, b"\x00\x00", b"next")

    assert len(connection.messages) == 2
    assert connection.messages[1] == ({}, b"next")
