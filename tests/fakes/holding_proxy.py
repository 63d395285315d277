"""A proxy that forwards half of what a server sends, and the rest when the test says so."""

import socket
import threading
from contextlib import suppress


class HoldingProxy:
    """Forwards the bytes of one connection. Below TLS the half ends within a record."""

    def __init__(self, server_port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._server_port = server_port
        self._holds = threading.Event()
        self._released = threading.Event()
        self.half_sent = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def hold(self) -> None:
        """Forward only half of the next bytes of the server, and nothing after them."""
        self._holds.set()

    def release(self) -> None:
        self._holds.clear()
        self._released.set()

    def close(self) -> None:
        self.release()
        self._listener.close()

    def _run(self) -> None:
        with suppress(OSError):
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._server_port))
            threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
            with client, server:
                self._to_client(server, client)

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        while data := server.recv(65_536):
            if self._holds.is_set():
                half = len(data) // 2
                client.sendall(data[:half])
                data = data[half:]
                self.half_sent.set()
                self._released.wait()
            client.sendall(data)
