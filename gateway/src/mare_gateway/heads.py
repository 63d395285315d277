"""Heads of requests as they arrive: read without waiting, by no matter which thread."""

import io
import socket
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException

SECONDS = 10.0
"""From a head's first octet to its last; a client that needs longer is not served."""
LONGEST = 65_536
"""Octets. Other servers take 8,000 to 32,000."""

_CHUNK = 8192


def begun(conn: Any) -> bool:
    """Return whether some of the next request has been read."""
    return bool(conn.parser.unreader.buf.getvalue())


def arrived(conn: Any) -> bool:
    """Read what has come; return whether there is nothing more to wait for.

    That is so when the head is whole, cannot become whole any more, or the client has gone.
    """
    buffer = conn.parser.unreader.buf
    if _settled(buffer.getvalue()):
        return True
    try:
        data = conn.sock.recv(_CHUNK, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    buffer.seek(0, io.SEEK_END)
    buffer.write(data)
    return not data or _settled(buffer.getvalue())


def too_long(conn: Any) -> ParseException | None:
    """Return the error of a head that is not whole and too long already."""
    head = conn.parser.unreader.buf.getvalue()
    if len(head) < LONGEST or _ended(head):
        return None
    if b"\r\n" in head:
        return LimitRequestHeaders("head")
    return LimitRequestLine(len(head), LONGEST)


def _settled(head: bytes) -> bool:
    return len(head) >= LONGEST or _ended(head)


def _ended(head: bytes) -> bool:
    # at a bare LF the parser refuses the request, whatever comes
    return b"\r\n\r\n" in head or head.count(b"\n") != head.count(b"\r\n")
