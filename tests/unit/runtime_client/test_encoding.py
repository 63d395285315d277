import amqp
import pytest
from amqp import spec
from amqp.method_framing import frame_writer
from amqp.serialization import dumps
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.client.encoding import Route, publication


class Recorder:
    """Stands in for the connection and its transport and keeps what py-amqp writes."""

    def __init__(self, frame_max):
        self.frame_max = frame_max
        self.bytes_sent = 0
        self.written = b""

    def write(self, data):
        self.written += bytes(data)


def as_py_amqp_writes_it(route, routing_key, body, headers, correlation_id):
    recorder = Recorder(route.frame_max)
    write = frame_writer(recorder, recorder)
    message = amqp.Message(
        body,
        content_type="application/json",
        content_encoding="utf-8",
        application_headers=headers,
        delivery_mode=1,
        reply_to=route.reply_to,
        correlation_id=correlation_id,
        message_id=correlation_id,
    )
    arguments = dumps("Bssbb", (0, route.exchange, routing_key, True, False))
    write(1, route.channel, spec.Basic.Publish, arguments, message)
    return recorder.written


names = st.text(min_size=1, max_size=20)
lists = st.lists(st.text(max_size=9), max_size=3)
tables = st.dictionaries(
    names, st.text(max_size=60) | st.floats(allow_nan=False) | lists, max_size=5
)
bodies = st.binary(min_size=1, max_size=9000)


@given(names, tables, names, bodies)
def test_the_frames_are_those_that_py_amqp_writes(routing_key, headers, correlation_id, body):
    route = Route(channel=1, exchange="nameko-rpc", reply_to="reply", frame_max=4096)
    message = {"correlation_id": correlation_id, "headers": headers, "body": body}

    ours = publication(route, routing_key=routing_key, **message)

    assert ours == as_py_amqp_writes_it(route, routing_key, **message)


def test_a_name_too_long_for_amqp_is_refused():
    route = Route(channel=1, exchange="nameko-rpc", reply_to="reply", frame_max=4096)

    with pytest.raises(ValueError):
        publication(route, routing_key="x" * 256, headers={}, correlation_id="1", body=b"{}")
