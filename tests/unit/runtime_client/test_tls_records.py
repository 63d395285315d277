"""TLS records that arrive in parts."""

import ssl
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import trustme

from mare_nameko.addresses import TlsFiles
from tests.fakes.amqp_server import Broker, Connection, serve
from tests.fakes.holding_proxy import HoldingProxy
from tests.vhost import eventually


@pytest.fixture
def authority(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


@pytest.fixture
def broker(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class TlsBroker(Broker):
        def accept(self, sock):
            return Connection(context.wrap_socket(sock, server_side=True), self)

    with serve(TlsBroker) as broker:
        yield broker


@pytest.fixture
def proxy(broker):
    proxy = HoldingProxy(urlsplit(broker.uri).port)
    yield proxy
    proxy.close()


@pytest.fixture
def client(proxy, make_client, echo, tmp_path):
    return make_client(
        f"amqps://ana:secret@127.0.0.1:{proxy.port}/shop",
        tls_files=TlsFiles(ca_file=str(tmp_path / "ca.pem")),
        method_timeout=2,
    )


def test_half_of_a_record_delays_no_other_call(broker, proxy, client):
    assert client.call("shop.pay", 0, timeout=60) == [0]

    with ThreadPoolExecutor(2) as threads:
        proxy.hold()
        first = threads.submit(client.call, "shop.pay", 1, timeout=60)
        assert proxy.half_sent.wait(60)
        second = threads.submit(client.call, "shop.pay", 2, timeout=60)
        eventually(lambda: len(broker.published) == 3 or second.done())
        proxy.release()
        assert (first.result(60), second.result(60)) == ([1], [2])
    assert client.connections == 1
