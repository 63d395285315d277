"""Secrets that other tools write are read as they are."""

from urllib.parse import urlsplit

import pytest

from mare.broker.connection_parameters import parse_secret
from mare.broker.secret_shapes import own_shape
from mare.custom_resource.autoscaler import read_autoscaler
from mare.local_run.broker_secrets import encoded
from mare.ports import AccessRefused
from tests.unit.operator_loop.worlds import body

CLUSTER_OPERATOR = {
    "connection_string": "amqp://default_user_x:p-_w@orders.shop.svc:5672/",
    "default_user.conf": "default_user = default_user_x\ndefault_pass = p-_w\n",
    "host": "orders.shop.svc",
    "password": "p-_w",
    "port": "5672",
    "provider": "rabbitmq",
    "type": "rabbitmq",
    "username": "default_user_x",
}
WITHOUT_URI = {key: value for key, value in CLUSTER_OPERATOR.items() if "_string" not in key}


@pytest.mark.parametrize(
    ("values", "uri_key", "amqp", "management"),
    [
        (
            CLUSTER_OPERATOR,
            None,
            "amqp://default_user_x:p-_w@orders.shop.svc:5672/",
            "http://default_user_x:p-_w@orders.shop.svc:15672",
        ),
        (
            WITHOUT_URI,
            None,
            "amqp://default_user_x:p-_w@orders.shop.svc:5672/",
            "http://default_user_x:p-_w@orders.shop.svc:15672",
        ),
        (
            {**WITHOUT_URI, "port": "443"},
            None,
            "amqps://default_user_x:p-_w@orders.shop.svc:443/",
            "https://default_user_x:p-_w@orders.shop.svc:15671",
        ),
        (
            {**CLUSTER_OPERATOR, "connection_string": "AMQPS://u:p@host:5671/"},
            None,
            "AMQPS://u:p@host:5671/",
            "https://u:p@host:15671",
        ),
        (
            {
                "host": "fd00::1",
                "port": "5671",
                "username": "u",
                "password": "p/@ :",
                "vhost": "/a",
            },
            None,
            "amqps://u:p%2F%40%20%3A@[fd00::1]:5671/%2Fa",
            "https://u:p%2F%40%20%3A@[fd00::1]:15671",
        ),
        (
            {"CLOUDAMQP_URL": "amqps://u:p@kangaroo.rmq.cloudamqp.com/u"},
            "CLOUDAMQP_URL",
            "amqps://u:p@kangaroo.rmq.cloudamqp.com/u",
            "https://u:p@kangaroo.rmq.cloudamqp.com",
        ),
        (
            {"endpoint": "amqps://u:p@b-1.mq.us-west-2.amazonaws.com:5671"},
            "endpoint",
            "amqps://u:p@b-1.mq.us-west-2.amazonaws.com:5671",
            "https://u:p@b-1.mq.us-west-2.amazonaws.com:15671",
        ),
        (
            {"uri": "amqp://u:p@h/v", "management-uri": "https://m"},
            None,
            "amqp://u:p@h/v",
            "https://m",
        ),
        ({"uri": "amqp://u:p@h/v", "prometheus-uri": "http://m"}, None, "amqp://u:p@h/v", None),
        ({"amqp-uri": "amqp://own", "uri": "amqp://other"}, None, "amqp://own", None),
        ({"amqp-uri": "amqp://own", "mine": "amqp://m"}, "mine", "amqp://m", "http://m:15672"),
        ({"amqp-uri": "amqp://own"}, "amqp-uri", "amqp://own", None),
        (
            {"uri": "amqp://u:p@x.cloudamqp.com/u"},
            None,
            "amqp://u:p@x.cloudamqp.com/u",
            "https://u:p@x.cloudamqp.com",
        ),
    ],
)
def test_the_uris_follow_from_the_shape(values, uri_key, amqp, management):
    found, _ = own_shape(values, uri_key)

    assert (found["amqp-uri"], found.get("management-uri")) == (amqp, management)


PARTS = {
    "RABBIT_HOST": "orders.example",
    "RABBIT_PORT": "5671",
    "RABBIT_USER": "u",
    "RABBIT_PASSWORD": "p/1",
    "RABBIT_VHOST": "shop",
    "amqp-uri": "amqp://another",
    "uri": "amqp://another",
}
PART_KEYS = {
    "host": "RABBIT_HOST",
    "port": "RABBIT_PORT",
    "username": "RABBIT_USER",
    "password": "RABBIT_PASSWORD",
    "vhost": "RABBIT_VHOST",
}


def test_the_keys_of_the_parts_can_be_named():
    parameters = parse_secret("broker", encoded(PARTS), part_keys=PART_KEYS)

    assert parameters.amqp_url() == "amqps://u:p%2F1@orders.example:5671/shop"
    assert parameters.management_uri == "https://u:p%2F1@orders.example:15671"


def test_parts_that_are_not_named_have_their_common_keys():
    values = {"RABBIT_HOST": "h", "username": "u", "password": "p", "vhost": "v"}

    found, _ = own_shape(values, None, {"host": "RABBIT_HOST"})

    assert found["amqp-uri"] == "amqp://u:p@h:5672/v"


@pytest.mark.parametrize(
    ("uri_key", "part_keys", "management", "ca"),
    [
        ("AMQP_URL", {"managementUri": "RABBIT_MGMT"}, "https://m:q@manage.example", None),
        (None, {"host": "H", "managementUri": "RABBIT_MGMT"}, "https://m:q@manage.example", None),
        ("AMQP_URL", {"ca": "RABBIT_CA"}, "https://u:p@orders.example:15671", "PEM"),
        (None, {"host": "H", "port": "PORT", "ca": "RABBIT_CA"}, "https://orders:15671", "PEM"),
    ],
)
def test_the_keys_of_management_uri_and_ca_can_be_named(uri_key, part_keys, management, ca):
    values = {
        "AMQP_URL": "amqps://u:p@orders.example/shop",
        "H": "orders",
        "PORT": "5671",
        "RABBIT_MGMT": "https://m:q@manage.example",
        "RABBIT_CA": "PEM",
    }

    found, _ = own_shape(values, uri_key, part_keys)

    assert (found["management-uri"], found.get("ca.crt")) == (management, ca)
    assert urlsplit(found["amqp-uri"]).hostname == ("orders.example" if uri_key else "orders")


def test_a_named_part_that_is_absent_is_refused_by_its_field():
    keys = {"host": "RABBIT_HOST", "port": "RABBIT_PORT"}

    with pytest.raises(AccessRefused, match=r"no key RABBIT_PORT \(brokerRef\.keys\.port\)"):
        parse_secret("broker", encoded({"RABBIT_HOST": "h"}), part_keys=keys)


@pytest.mark.parametrize(
    ("part", "key"), [("vhost", "password"), ("host", "password"), ("vhost", "VHOST_PASSWORD")]
)
def test_a_part_that_the_status_shows_cannot_be_a_credential(part, key):
    data = encoded({key: "hidden", "host": "h"})

    with pytest.raises(AccessRefused, match=f"keys.{part} names {key}") as refused:
        parse_secret("broker", data, part_keys={part: key})
    assert "hidden" not in str(refused.value)


def test_an_object_names_the_keys_of_the_parts():
    keys = {"password": "P", "host": "H"}

    reference = read_autoscaler(body(brokerRef={"secretName": "broker", "keys": keys})).broker

    assert dict(reference.part_keys) == keys


def test_a_secret_of_another_tool_can_be_used_as_it_is():
    parameters = parse_secret("orders-default-user", encoded(CLUSTER_OPERATOR))

    assert parameters.amqp_url() == "amqp://default_user_x:p-_w@orders.shop.svc:5672/%2F"


@pytest.mark.parametrize(
    ("uri_key", "message"),
    [
        ("absent", "Secret broker has no key absent"),
        ("password", "password of Secret broker must begin with amqp:// or amqps://"),
    ],
)
def test_a_key_without_a_uri_is_refused_without_its_value(uri_key, message):
    data = encoded({"password": "hidden", "host": "h"})

    with pytest.raises(AccessRefused, match=message) as refused:
        parse_secret("broker", data, uri_key=uri_key)
    assert "hidden" not in str(refused.value)


IS_URI = "is a URI, not a host name: set brokerRef.uriKey:"
NO_HOST = "must be one host name or IP address, without a port"
NO_PORT = "must be a number from 1 to 65535"


@pytest.mark.parametrize(
    ("values", "names", "message"),
    [
        ({"host": "amqp://u:hidden@h/v"}, {}, f"host of the Secret {IS_URI} host"),
        ({"host": "http://u:hidden@h/v"}, {}, f"host of the Secret {IS_URI} host"),
        (
            {"host": "http://u:hidden@h/v"},
            {"uri_key": "host"},
            "host of Secret broker must begin with amqp:// or amqps:// and name a host",
        ),
        (
            {"uri": "amqp://u:hidden@h:port"},
            {},
            "uri of Secret broker must begin with amqp:// or amqps:// and name a host",
        ),
        ({"host": "h:5671"}, {}, f"host of the Secret {NO_HOST}"),
        ({"host": "h1,h2"}, {}, f"host of the Secret {NO_HOST}"),
        ({"host": "hidden@h"}, {}, f"host of the Secret {NO_HOST}"),
        ({"host": "h" * 254}, {}, f"host of the Secret {NO_HOST}"),
        (
            {"HOST": "amqps://u:hidden@h"},
            {"part_keys": {"host": "HOST"}},
            f"HOST of the Secret {IS_URI} HOST",
        ),
        ({"host": "h", "port": "amqp"}, {}, f"port of the Secret {NO_PORT}"),
        ({"host": "h", "port": "0"}, {}, f"port of the Secret {NO_PORT}"),
        ({"host": "h", "port": "65536"}, {}, f"port of the Secret {NO_PORT}"),
        (
            {"host": "h", "PORT": "5671/"},
            {"part_keys": {"port": "PORT"}},
            f"PORT of the Secret {NO_PORT}",
        ),
        (
            {"host": "h", "vhost": "v" * 1_024},
            {},
            "the URI of host, vhost of Secret broker is too long",
        ),
        (
            {"uri": "amqp://h", "M": "amqp://m"},
            {"part_keys": {"managementUri": "M"}},
            "M of Secret broker must begin with http:// or https://",
        ),
    ],
)
def test_what_is_wrong_is_named_by_the_keys_of_the_secret(values, names, message):
    with pytest.raises(AccessRefused) as refused:
        parse_secret("broker", encoded(values), **names)
    assert str(refused.value).startswith(message)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["h", "orders.shop.svc.", "b_1", "10.0.0.1", "fd00::1", "é.example"]
)
def test_a_host_is_a_name_or_an_address(host):
    assert own_shape({"host": host, "port": "5671"}, None)[0]["amqp-uri"].startswith("amqps://")


def test_a_host_beside_a_uri_is_not_checked():
    values = {"uri": "amqp://u:p@h/", "host": "h1,h2"}

    assert own_shape(values, None)[0]["amqp-uri"] == values["uri"]
