"""TLS to the broker: only the right host with the right authority gets our credentials."""

import socket
import ssl
import threading

import pytest
import trustme

from tests.vhost import eventually


class TlsEar:
    """Accepts TLS connections and keeps what clients say first."""

    def __init__(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self.heard = []
        self.refusals = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._context = context
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(plain, server_side=True) as client:
                    self.heard.append(client.recv(8))
            except OSError as refusal:
                self.refusals.append(refusal)

    def close(self):
        self._listener.close()


@pytest.fixture
def authority(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


@pytest.fixture
def ear(request, authority):
    ear = TlsEar(authority.issue_cert(request.param))
    yield ear
    ear.close()


def shop_for(ear, start, ca_file):
    uri = f"amqps://a:b@127.0.0.1:{ear.port}/"
    return start("Shop", AMQP_URI=uri, AMQP_CA_FILE=str(ca_file)).process


@pytest.mark.parametrize("ear", ["127.0.0.1"], indirect=True)
def test_the_right_broker_is_spoken_to(ear, start, tmp_path):
    shop_for(ear, start, tmp_path / "ca.pem")

    eventually(lambda: b"AMQP\x00\x00\x09\x01" in ear.heard)


@pytest.mark.parametrize("ear", ["broker.example"], indirect=True)
def test_a_certificate_for_another_host_is_refused(ear, start, tmp_path):
    shop = shop_for(ear, start, tmp_path / "ca.pem")

    eventually(lambda: "certificate is not valid for '127.0.0.1'" in shop.log())
    assert not ear.heard


@pytest.mark.parametrize("ear", ["127.0.0.1"], indirect=True)
def test_a_certificate_of_another_authority_is_refused(ear, start, tmp_path):
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    shop = shop_for(ear, start, tmp_path / "other.pem")

    eventually(lambda: "certificate verify failed" in shop.log())
    assert not ear.heard
