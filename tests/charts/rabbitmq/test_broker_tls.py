"""A real broker with tls.only: what it listens on, and whom a client can trust."""

import contextlib
import socket
import ssl

import amqp
import pytest
import trustme

from tests.charts.rabbitmq.broker import Broker
from tests.vhost import eventually

HOST = "shop-rabbitmq.market.svc"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secret(authority: trustme.CA) -> dict[str, str]:
    certificate = authority.issue_cert(HOST)
    return {
        "tls.crt": certificate.cert_chain_pems[0].bytes().decode(),
        "tls.key": certificate.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def test_with_tls_only_nothing_is_plain_and_clients_need_a_certificate(
    node, authority, secret, tmp_path
):
    tls = {
        "enabled": True,
        "only": True,
        "existingSecret": "mine",
        "clients": "required",
        "clientSecret": "clients",
    }
    broker: Broker = node({"tls": tls}, {"mine": secret}, tls=True)
    broker.container.start()
    eventually(lambda: not broker.container.running or _accepts(broker.ports.amqps), seconds=90)
    assert broker.container.running, broker.container.log()
    broker.container.exec("rabbitmqctl", "--silent", "await_startup")

    lines = broker.container.exec("rabbitmq-diagnostics", "--silent", "listeners").splitlines()
    protocols = {line.split("protocol: ")[1].split(",")[0] for line in lines}
    assert protocols == {"amqp/ssl", "https", "https/prometheus", "clustering"}

    trusted = tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(str(trusted))

    def connect(**certificate: str) -> None:
        connection = amqp.Connection(
            f"127.0.0.1:{broker.ports.amqps}",
            userid="services",
            password="services-1",
            connect_timeout=60,
            ssl={
                "ca_certs": str(trusted),
                "cert_reqs": ssl.CERT_REQUIRED,
                "server_hostname": HOST,
                **certificate,
            },
        )
        connection.connect()
        connection.close()

    own = authority.issue_cert("clients.example")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    connect(certfile=str(tmp_path / "own.pem"))
    with pytest.raises(OSError, match=r"certificate required|closed|reset"):
        connect()
