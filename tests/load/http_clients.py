"""A lean HTTP load generator: one process, one selector, raw sockets."""

import multiprocessing
import selectors
import socket
import time
from multiprocessing.connection import Connection


def response_times(seconds: int, clients: int, port: int, path: str) -> tuple[list[float], int]:
    """Return the time of each answer in seconds, and how many were no 2xx.

    Runs in a process of its own, so that it does not share this one's interpreter lock.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=_run, args=(theirs, seconds, clients, port, path)
    )
    process.start()
    took, failed = ours.recv()
    process.join()
    return took, failed


def _run(connection: Connection, seconds: int, clients: int, port: int, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    took: list[float] = []
    failed = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(request)
            selector.register(sock, selectors.EVENT_READ, [time.perf_counter(), b""])
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for key, _ in selector.select(timeout=1.0):
                state = key.data
                state[1] += key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not _complete(state[1]):
                    continue
                now = time.perf_counter()
                took.append(now - state[0])
                failed += not state[1].startswith(b"HTTP/1.1 2")
                state[:] = [now, b""]
                key.fileobj.sendall(request)  # type: ignore[union-attr]
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    connection.send((took, failed))


def _complete(response: bytes) -> bool:
    head, separator, body = response.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    return len(body) >= length
