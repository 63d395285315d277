"""The broker goes, is silent or in alarm: calls end quickly and clearly, and it mends itself."""

import threading
import time
from collections import Counter

import pytest
import trustme

from mare_nameko.client import (
    AmqpUri,
    CallTimedOut,
    Disconnected,
    Options,
    RpcClient,
    RpcError,
    TlsFiles,
)
from tests.integration.runtime_client.amqp_proxy import AmqpProxy
from tests.vhost import Vhost, eventually


class Load:
    """Threads that call all the time and count how the calls end."""

    def __init__(self, client, threads=16):
        self._client = client
        self._stop = threading.Event()
        self.ended = Counter()
        self.slowest_failure = 0.0
        self._threads = [threading.Thread(target=self._call) for _ in range(threads)]

    def _call(self):
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self._client.call("echo.echo", 1, timeout=60)
                self.ended["ok"] += 1
            except RpcError as error:
                self.ended[type(error).__name__] += 1
                self.slowest_failure = max(self.slowest_failure, time.monotonic() - started)
                time.sleep(0.01)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_when_the_broker_is_killed_under_load_calls_fail_at_once_and_it_mends_itself(
    own_rabbitmq, make_client, run_services
):
    node = own_rabbitmq()
    vhost = Vhost(node, "outage")
    service = run_services(vhost, "echo")
    client = make_client(vhost.amqp_uri)
    queues = len(vhost.queues())

    with Load(client) as load:
        eventually(lambda: load.ended["ok"] > 50)
        node.settle()
        node.kill()
        eventually(lambda: load.ended["Disconnected"] > 50)
        assert not client.ready
        service.kill()  # stock Nameko does not always live through this
        node.start()
        run_services(vhost, "echo")
        before = load.ended["ok"]
        eventually(lambda: load.ended["ok"] > before + 50)

    assert set(load.ended) <= {"ok", "Disconnected", "ServiceUnavailable"}
    assert load.slowest_failure < 50.0  # a call may take 60 s
    eventually(lambda: len(vhost.queues()) == queues)


def test_a_broker_that_falls_silent_is_given_up_after_two_heartbeats(echo, make_client):
    with AmqpProxy(echo.node.ports.amqp) as proxy:
        uri = echo.amqp_uri.replace(str(echo.node.ports.amqp), str(proxy.port))
        client = make_client(uri, heartbeat=4)
        client.call("echo.echo", 1, timeout=30)

        proxy.silence()
        started = time.monotonic()
        with pytest.raises(CallTimedOut):
            client.call("echo.echo", 1, timeout=0.3)
        with pytest.raises(Disconnected):
            client.call("echo.echo", 1, timeout=120)

    assert time.monotonic() - started < 100.0  # the second call alone has 120 s


def test_a_certificate_for_another_host_gets_no_password(echo, tmp_path, caplog):
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with AmqpProxy(echo.node.ports.amqp, authority.issue_cert("broker.example")) as proxy:
        uri = AmqpUri(f"amqps://u:p@127.0.0.1:{proxy.port}/")
        client = RpcClient(Options(amqp_uri=uri, tls_files=TlsFiles(ca_file=str(ca_file))))
        client.start()
        eventually(lambda: "certificate" in caplog.text)
        assert not client.ready
        with pytest.raises(Disconnected):
            client.call("echo.echo", 1, timeout=1)
        client.close()
