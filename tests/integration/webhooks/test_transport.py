"""Requests to real sockets: pinned to a checked address, bounded, with the name in TLS."""

import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import trustme

from mare_services.contract.callback_urls import Destination
from mare_services.webhooks.adapters.transport import HttpTransport
from mare_services.webhooks.ports import SendingFailed
from tests.fakes import receiver as behaviour
from tests.fakes.receiver import Receiver, status

NAME = "hooks.example.com"
LOCAL = ip_address("127.0.0.1")
HEADERS = {"webhook-id": "msg_1", "Content-Type": "application/json"}
SECONDS = 60.0
"""As long as a busy machine may need."""


class Resolver:
    def __init__(self, *addresses):
        self._addresses = list(addresses or (LOCAL,))

    def addresses(self, destination):
        return self._addresses


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def transport(ca_file):
    return HttpTransport(Resolver(), ca_file=ca_file)


def to(receiver, scheme="http", host=NAME):
    return Destination(scheme=scheme, host=host, port=receiver.port, target="/hook?a=b")


def failure(transport, destination, seconds=SECONDS):
    with pytest.raises(SendingFailed) as raised:
        transport.post(destination, HEADERS, b"{}", seconds)
    return str(raised.value)


def test_the_request_has_the_name_of_the_host_although_the_address_is_pinned(transport):
    with Receiver(status(200)) as receiver:
        answer = transport.post(to(receiver), HEADERS, b'{"a":1}', SECONDS)

    [request] = receiver.received
    assert answer.status == 200
    assert (request.target, request.body) == ("/hook?a=b", b'{"a":1}')
    assert request.headers["host"] == f"{NAME}:{receiver.port}"
    assert request.headers["webhook-id"] == "msg_1"


def test_tls_verifies_the_name_at_the_pinned_address(transport, authority):
    with Receiver(status(200), authority.issue_cert(NAME)) as receiver:
        assert transport.post(to(receiver, "https"), HEADERS, b"{}", SECONDS).status == 200

    assert receiver.server_names == [NAME]


def test_tls_verifies_the_certificate_of_an_ip_address(transport, authority):
    with Receiver(status(200), authority.issue_cert("127.0.0.1")) as receiver:
        destination = to(receiver, "https", host="127.0.0.1")
        assert transport.post(destination, HEADERS, b"{}", SECONDS).status == 200


@pytest.mark.parametrize("kind", ["another name", "another authority", "expired"])
def test_a_certificate_that_is_not_valid_gets_no_request(transport, authority, kind):
    if kind == "another name":
        certificate = authority.issue_cert("other.example.com")
    elif kind == "another authority":
        certificate = trustme.CA().issue_cert(NAME)
    else:
        certificate = authority.issue_cert(NAME, not_after=datetime.now(UTC) - timedelta(days=1))
    with Receiver(status(200), certificate) as receiver:
        sentence = failure(transport, to(receiver, "https"))

    assert sentence.startswith("The certificate is not valid: ")
    assert receiver.received == []


def test_plain_http_at_an_https_port_is_no_tls(transport):
    with Receiver(status(200)) as receiver:
        assert failure(transport, to(receiver, "https"), 1.0) in (
            "TLS failed.",
            "No answer in time.",
            "The connection failed.",
        )


def test_a_redirect_is_an_answer_and_is_not_followed(transport):
    with Receiver(status(200)) as inside:
        with Receiver(status(302, Location=inside.url)) as receiver:
            answer = transport.post(to(receiver), HEADERS, b"{}", SECONDS)
        assert (answer.status, inside.connections) == (302, 0)


@pytest.mark.parametrize(
    ("lie", "sentence"),
    [
        (behaviour.endless_headers, "The headers of the answer are too long."),
        (behaviour.long_header, "The headers of the answer are too long."),
        (behaviour.endless_interim, "The headers of the answer are too long."),
        (behaviour.garbage, "The answer is not HTTP."),
        (behaviour.hang_up, "The host closed the connection."),
        (behaviour.reset, "The connection failed."),
    ],
)
def test_an_answer_that_is_none_is_a_failure(transport, lie, sentence):
    with Receiver(lie) as receiver:
        assert failure(transport, to(receiver)) == sentence


def test_without_an_answer_a_request_fails_after_the_time_limit(transport):
    with Receiver(behaviour.stall) as receiver:
        assert failure(transport, to(receiver), 1.0) == "No answer in time."


@pytest.mark.parametrize("lie", [behaviour.gigabyte, behaviour.endless_chunks])
def test_of_a_large_body_only_the_beginning_is_read(transport, lie):
    with Receiver(lie) as receiver:
        assert transport.post(to(receiver), HEADERS, b"{}", SECONDS).status == 200
        assert receiver.answered == 0


def test_retry_after_is_part_of_the_answer(transport):
    with Receiver(status(429, Retry_After=7)) as receiver:
        assert transport.post(to(receiver), HEADERS, b"{}", SECONDS).retry_after == "7"


def test_the_next_address_is_tried_if_one_refuses(ca_file):
    tried = []

    def connect(address, port, seconds):
        tried.append(str(address))
        if len(tried) < 3:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", port), seconds)

    addresses = [ip_address(f"8.8.8.{number}") for number in range(9)]
    transport = HttpTransport(Resolver(*addresses), ca_file=ca_file, connect=connect)
    with Receiver(status(200)) as receiver:
        transport.post(to(receiver), HEADERS, b"{}", SECONDS)
        tried[:] = []
        transport._connect = lambda *_: (_ for _ in ()).throw(tried.append(1) or OSError())
        assert failure(transport, to(receiver)) == "The connection failed."

    assert len(tried) == 3  # not all nine


def test_proxies_of_the_environment_are_not_used(transport, monkeypatch):
    with Receiver(status(200)) as proxy, Receiver(status(200)) as receiver:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        transport.post(to(receiver), HEADERS, b"{}", SECONDS)

        assert proxy.connections == 0
