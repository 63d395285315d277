import pytest

from mare_nameko.addresses import AmqpUri


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


def test_an_address_shows_no_password():
    assert "s3cret" not in repr(AmqpUri("amqp://u:s3cret@h/v").addresses)
