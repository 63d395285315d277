"""What the operator asks of a broker: requests and bytes a second, over AMQP and over HTTP.

All queues are empty and all workloads idle, then each queue has ready messages.

    .venv/bin/python -m tests.load.broker_cost 1 100
"""

import socket
import sys
import threading
import time
from contextlib import closing, suppress
from typing import Any

import amqp

from tests.integration.operator.stage import Broker
from tests.load.bench_operator import IMAGE, operating, print_line, show

_SECONDS = 60.0
_DECLARE = b"\x00\x32\x00\x0a"
"""Class and method of queue.declare in a frame of AMQP 0-9-1."""


class CountingProxy:
    """Forwards connections to a port, and counts bytes and requests."""

    def __init__(self, server_port: int, request: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._server_port = server_port
        self._request = request
        self._lock = threading.Lock()
        self._counts = {"requests": 0, "bytes sent": 0, "bytes received": 0}
        threading.Thread(target=self._run, daemon=True).start()

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def close(self) -> None:
        self._listener.close()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                for pair in ((client, server), (server, client)):
                    is_sent = pair[0] is client
                    of = {"sent": is_sent}
                    copy = threading.Thread(target=self._copy, args=pair, kwargs=of, daemon=True)
                    copy.start()

    def _copy(self, source: socket.socket, target: socket.socket, *, sent: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                with self._lock:
                    self._counts["bytes sent" if sent else "bytes received"] += len(data)
                    if sent:
                        self._counts["requests"] += data.count(self._request)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def main() -> None:
    for count in map(int, sys.argv[1:] or ("1", "100")):
        with operating(count, {"MARE_STATISTICS_SECONDS": "5", **IMAGE}) as (stage, node, _, names):
            amqp_proxy = CountingProxy(node.ports.amqp, _DECLARE)
            http_proxy = CountingProxy(node.ports.management, b"GET /")
            with closing(amqp_proxy), closing(http_proxy):
                broker = Broker(
                    node.amqp_uri.replace(f":{node.ports.amqp}/", f":{amqp_proxy.port}/"),
                    node.management_uri.replace(f":{node.ports.management}", f":{http_proxy.port}"),
                )
                stage.secret(broker.secret)
                time.sleep(90)  # the cooldown of an idle workload, and the next reads of the Secret
                show({"objects": count, "load": "none", **_measure(amqp_proxy, http_proxy)})
                with node.connect() as connection:
                    channel = connection.channel()
                    for name in names:
                        for _ in range(3):
                            channel.basic_publish(amqp.Message(b"x"), routing_key=name)
                time.sleep(5)
                show({"objects": count, "load": "messages", **_measure(amqp_proxy, http_proxy)})


def _measure(amqp_proxy: CountingProxy, http_proxy: CountingProxy) -> dict[str, Any]:
    print_line(f"measuring for {_SECONDS:.0f} s")
    before, began = (amqp_proxy.counts(), http_proxy.counts()), time.monotonic()
    time.sleep(_SECONDS)
    after, took = (amqp_proxy.counts(), http_proxy.counts()), time.monotonic() - began
    return {
        name: {f"{key} a second": round((now[key] - then[key]) / took, 1) for key in now}
        for name, then, now in zip(("AMQP", "HTTP"), before, after, strict=True)
    }


if __name__ == "__main__":
    main()
