"""TLS of connections to brokers: what each keeps, and what a peer can send without any data.

A TLS connection of asyncio has a buffer of 256 KiB as long as it is open, and took 306 KB; with one
of 16 KiB, the size of a TLS record, it takes 67 KB, and 10 MiB take no longer.
"""

import asyncio.constants
import asyncio.sslproto
import ssl
import sys
import time
from contextvars import ContextVar
from typing import Any

from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import HANDSHAKES, Tenant

BUFFER_BYTES = 2**14
asyncio.sslproto.SSLProtocol.max_size = BUFFER_BYTES
# KiB that a connection reads while the application does not.
asyncio.constants.FLOW_CONTROL_HIGH_WATER_SSL_READ = 2 * BUFFER_BYTES // 1024  # type: ignore[misc]

MAX_HANDSHAKE_BYTES = 2**15
"""A usual one has 5 KB, and 20 if the broker names 140 authorities. A certificate of 1.4 KB takes
up to 6 ms, so that a chain of 70, which OpenSSL allows, took 0.4 s of the event loop."""
MAX_BYTES_WITHOUT_DATA = 2**16
"""Keys and tickets. 256 KiB of new keys take 0.1 s, and a peer can send them without end."""
_MOST_PER_BYTE = 32
"""Bytes that belong to a byte of data. The frame of a heartbeat has 4 for each of its own."""

handshakes_of: ContextVar[Tenant] = ContextVar("handshakes_of")
"""The namespace whose processor time the handshakes of this task take."""


class HandshakeRefused(ssl.SSLError):
    """A namespace has no processor time for a handshake; asyncio expects an `SSLError`."""

    def __init__(self, why: OverBudget) -> None:
        super().__init__("no processor time for a TLS handshake")
        self.why = why


def check_handshake(tenant: Tenant) -> None:
    """Raise `HandshakeRefused` if a namespace has spent its processor time for handshakes.

    Before a connection is opened, and before each step: answers to many can arrive at once.
    """
    try:
        tenant.check(HANDSHAKES)
    except OverBudget as error:
        raise HandshakeRefused(error) from error


class _BoundedObject(ssl.SSLObject):
    """Fails where a peer sends too much before the handshake is over, or without data."""

    incoming: ssl.MemoryBIO
    _without_data = 0

    def do_handshake(self) -> None:
        if tenant := handshakes_of.get(None):
            check_handshake(tenant)
        received, begun = self.incoming.pending, time.thread_time()
        self._without_data += received
        if self._without_data > MAX_HANDSHAKE_BYTES:
            raise ssl.SSLError("the TLS handshake is too long")
        try:
            super().do_handshake()
            self._without_data = 0
        finally:
            if tenant:
                tenant.spend(HANDSHAKES, time.thread_time() - begun)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 - as the base class
        if self._without_data > MAX_BYTES_WITHOUT_DATA:
            raise ssl.SSLError("too many TLS messages without data")
        before, data = self.incoming.pending, 0
        try:
            found: Any = super().read(len, buffer)  # a number with a buffer
            data = found if isinstance(found, int) else memoryview(found).nbytes
        finally:
            taken = before - self.incoming.pending
            self._without_data = max(0, self._without_data + taken - data * _MOST_PER_BYTE)
        return found


class BoundedContext(ssl.SSLContext):
    """A context like that of `ssl.create_default_context`, whose connections are bounded."""

    sslobject_class = _BoundedObject

    def wrap_bio(self, incoming: ssl.MemoryBIO, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        found = super().wrap_bio(incoming, *args, **kwargs)
        assert isinstance(found, _BoundedObject)
        found.incoming = incoming
        return found


def client_context(ca_certificate: str | None) -> ssl.SSLContext:
    """Return a context that trusts an authority, or those of the system; raise `ssl.SSLError`."""
    context = BoundedContext(ssl.PROTOCOL_TLS_CLIENT)
    # A broker of TLS 1.2 could request handshakes without end.
    context.options |= ssl.OP_NO_RENEGOTIATION
    # Ends a chain at the first authority of ca.crt: 35 in a row took 0.2 s of each handshake.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    if ca_certificate:
        context.load_verify_locations(cadata=ca_certificate)
    else:
        context.load_default_certs()
    return context
