"""Cut a stream of bytes into AMQP 0-9-1 frames."""

from struct import Struct

from amqp.exceptions import UnexpectedFrame

Frame = tuple[int, int, bytes]
"""Type, channel and payload."""

_HEADER = Struct(">BHI")
_END = 0xCE


class FrameBuffer:
    """Takes bytes as they arrive and gives whole frames.

    py-amqp reads each frame with three ``recv`` calls of its own. One big ``recv`` and this buffer
    replace the nine that a single reply (method, header and body frame) would cost.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def next(self) -> Frame | None:
        """Return the next whole frame, or None. Raises UnexpectedFrame if this is not AMQP."""
        buffer = self._bytes
        if len(buffer) < _HEADER.size:
            return None
        kind, channel, size = _HEADER.unpack_from(buffer)
        end = _HEADER.size + size
        if len(buffer) <= end:
            return None
        if buffer[end] != _END:
            raise UnexpectedFrame(f"frame ends with {buffer[end]:#04x} instead of {_END:#04x}")
        payload = bytes(buffer[_HEADER.size : end])
        del buffer[: end + 1]
        return kind, channel, payload
