"""Secrets that other tools write are read as they are."""

import pytest

from mare.broker.connection_parameters import parse_secret
from mare.broker.secret_shapes import own_shape
from mare.ports import AccessRefused
from tests.unit.operator_broker.test_connection_parameters import secret

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
            {**CLUSTER_OPERATOR, "connection_string": "amqps://u:p@host:5671/"},
            None,
            "amqps://u:p@host:5671/",
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
    found = own_shape(values, uri_key)

    assert (found["amqp-uri"], found.get("management-uri")) == (amqp, management)


def test_a_secret_of_another_tool_can_be_used_as_it_is():
    encoded = {key: secret(value=value)["value"] for key, value in CLUSTER_OPERATOR.items()}

    parameters = parse_secret("orders-default-user", encoded)

    assert parameters.amqp_url() == "amqp://default_user_x:p-_w@orders.shop.svc:5672/%2F"


@pytest.mark.parametrize(
    ("uri_key", "message"),
    [
        ("absent", "Secret broker has no key absent"),
        ("password", "amqp-uri of Secret broker must begin with amqp:// or amqps://"),
    ],
)
def test_a_key_without_a_uri_is_refused_without_its_value(uri_key, message):
    values = {"password": secret(v="hidden")["v"], "host": secret(v="h")["v"]}

    with pytest.raises(AccessRefused, match=message) as refused:
        parse_secret("broker", values, uri_key=uri_key)
    assert "hidden" not in str(refused.value)
