"""The broker is silent, or shows the certificate of another host."""

import time

import pytest
import trustme

from mare_nameko.client import (
    AmqpUri,
    CallTimedOut,
    Disconnected,
    Options,
    RpcClient,
    TlsFiles,
)
from tests.integration.runtime_client.amqp_proxy import AmqpProxy
from tests.vhost import eventually


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

    assert time.monotonic() - started < 30.0


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
