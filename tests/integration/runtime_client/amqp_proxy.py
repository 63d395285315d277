"""Stands between a client and the broker: speaks TLS, goes silent, cuts."""

import contextlib
import socket
import ssl
import struct
import threading

BLOCKED = b"\x00\x0a\x00\x3c" + b"\x0alow memory"
UNBLOCKED = b"\x00\x0a\x00\x3d"
_OPEN_OK = b"\x00\x0a\x00\x29"


class AmqpProxy:
    """Forwards every connection made to ``port``; use it in a ``with`` block."""

    def __init__(self, broker_port, certificate=None, source="127.0.0.1"):
        """The broker sees connections as coming from ``source``."""
        self._broker = ("127.0.0.1", broker_port)
        self._source = (source, 0)
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(self._tls)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._flowing = threading.Event()
        self._flowing.set()
        self._writing = threading.Lock()
        self._clients = []
        self._sockets = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _opened(self, client):
        """Called when the broker has opened a client's connection."""

    def silence(self):
        """Forward nothing more, as a cable that was pulled: no end, no error."""
        self._flowing.clear()

    def resume(self):
        """Forward again, beginning with what was held back."""
        self._flowing.set()

    def close(self):
        self.resume()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError):
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            broker = socket.create_connection(self._broker, source_address=self._source)
            self._sockets += [client, broker]
            self._clients.append(client)
            threading.Thread(target=self._upstream, args=[client, broker], daemon=True).start()
            self._downstream(broker, client)

    def _upstream(self, client, broker):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                self._flowing.wait()
                broker.sendall(data)
            broker.shutdown(socket.SHUT_WR)

    def _downstream(self, broker, client):
        frames = broker.makefile("rb")
        with contextlib.suppress(OSError, struct.error):
            while head := frames.read(7):
                rest = frames.read(struct.unpack(">BHI", head)[2] + 1)
                self._flowing.wait()
                with self._writing:
                    client.sendall(head + rest)
                    if rest.startswith(_OPEN_OK):
                        self._opened(client)
            client.shutdown(socket.SHUT_RDWR)


class Alarm(AmqpProxy):
    """Sends all clients the frame of a broker short of memory, also those that connect later."""

    def __init__(self, broker_port):
        self._open, self._alarm = [], b""
        super().__init__(broker_port)

    def broadcast(self, method):
        with self._writing:
            self._alarm = struct.pack(">BHI", 1, 0, len(method)) + method + b"\xce"
            for client in self._open:
                client.sendall(self._alarm)

    def _opened(self, client):
        self._open.append(client)
        client.sendall(self._alarm)
