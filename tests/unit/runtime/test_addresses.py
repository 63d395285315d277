import ssl

import pytest

from mare_nameko.addresses import AmqpUri, TlsFiles


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("amqp://", ("localhost", 5672, "guest", "guest", "/", False)),
        ("amqps://", ("localhost", 5671, "guest", "guest", "/", True)),
        ("amqp://broker", ("broker", 5672, "guest", "guest", "/", False)),
        ("amqp://u:p@broker:99/v", ("broker", 99, "u", "p", "v", False)),
        ("amqps://u:p@broker/%2F", ("broker", 5671, "u", "p", "/", True)),
        ("amqp://a%40b:p%2Fq@[::1]:5673/a%2Fb", ("::1", 5673, "a@b", "p/q", "a/b", False)),
    ],
)
def test_a_uri_is_split_into_its_parts(uri, expected):
    parsed = AmqpUri(uri)
    (node,) = parsed.addresses

    assert (
        node.host, node.port, node.user, node.password, node.vhost, parsed.uses_tls
    ) == expected  # fmt: skip


def test_several_nodes_are_separated_by_semicolons():
    assert [node.host for node in AmqpUri("amqp://a/v; amqp://b/v;").addresses] == ["a", "b"]


@pytest.mark.parametrize("uri", ["", ";", "http://u:s3cret@h", "amqp://u:s3cret@h:99999"])
def test_a_bad_uri_is_refused_without_showing_its_password(uri):
    with pytest.raises(ValueError) as refusal:
        AmqpUri(uri)

    assert "s3cret" not in str(refusal.value)


def test_an_address_shows_no_password():
    assert "s3cret" not in repr(AmqpUri("amqp://u:s3cret@h/v").addresses)


def test_tls_checks_the_certificate_and_the_name_in_it():
    options = TlsFiles().options("broker.example")

    assert options["cert_reqs"] == ssl.CERT_REQUIRED
    assert options["server_hostname"] == "broker.example"
