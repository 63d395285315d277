from struct import pack

import pytest
from amqp.exceptions import UnexpectedFrame
from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.frame_buffer import MAX_FRAME_BYTES, FrameBuffer

frames = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, 8]), st.integers(0, 9), st.binary(max_size=50)), max_size=8
)


def encoded(kind, channel, payload):
    return pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


@given(frames, st.integers(1, 40))
def test_frames_come_out_as_they_went_in_however_the_bytes_are_cut(sent, size):
    stream = b"".join(encoded(*frame) for frame in sent)
    buffer = FrameBuffer()
    received = []

    for start in range(0, len(stream), size):
        buffer.feed(stream[start : start + size])
        while (frame := buffer.next()) is not None:
            received.append(frame)

    assert received == sent


def test_a_stream_that_is_not_amqp_is_refused():
    buffer = FrameBuffer()
    buffer.feed(encoded(1, 0, b"abc")[:-1] + b"\x00")

    with pytest.raises(UnexpectedFrame):
        buffer.next()


def test_a_frame_over_the_limit_is_refused_before_it_is_received():
    buffer = FrameBuffer()
    buffer.feed(pack(">BHI", 3, 1, MAX_FRAME_BYTES))
    assert buffer.next() is None

    buffer = FrameBuffer()
    buffer.feed(pack(">BHI", 3, 1, MAX_FRAME_BYTES + 1))
    with pytest.raises(UnexpectedFrame):
        buffer.next()
