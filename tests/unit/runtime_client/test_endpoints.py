import ssl

import pytest

from mare_nameko.client import Tls, parse_uri


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("amqp://", ("localhost", 5672, "guest", "guest", "/", False)),
        ("amqp://broker", ("broker", 5672, "guest", "guest", "/", False)),
        ("amqp://u:p@broker:99/v", ("broker", 99, "u", "p", "v", False)),
        ("amqps://u:p@broker/%2F", ("broker", 5671, "u", "p", "/", True)),
        ("amqp://a%40b:p%2Fq@[::1]:5673/a%2Fb", ("::1", 5673, "a@b", "p/q", "a/b", False)),
    ],
)
def test_a_uri_says_where_the_broker_is(uri, expected):
    (node,) = parse_uri(uri)

    assert (node.host, node.port, node.user, node.password, node.vhost, node.secure) == expected


def test_several_nodes_are_separated_by_semicolons():
    assert [node.host for node in parse_uri("amqp://a/v; amqp://b/v;")] == ["a", "b"]


@pytest.mark.parametrize("uri", ["", ";", "http://u:s3cret@h", "amqp://u:s3cret@h:99999"])
def test_a_bad_uri_is_refused_without_showing_its_password(uri):
    with pytest.raises(ValueError) as refusal:
        parse_uri(uri)

    assert "s3cret" not in str(refusal.value)


def test_an_endpoint_shows_no_password():
    assert "s3cret" not in repr(parse_uri("amqp://u:s3cret@h/v"))


def test_tls_checks_the_certificate_and_the_name_in_it():
    options = Tls().for_host("broker.example")

    assert options["cert_reqs"] == ssl.CERT_REQUIRED
    assert options["server_hostname"] == "broker.example"
