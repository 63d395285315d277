"""A Secret that KEDA reads is named as it is, where Maré can read it; what it may lack is said."""

import pytest

from mare.convert.findings import Outcome
from mare.convert.migration import steps
from mare.convert.report import text
from tests.unit.operator_convert.inputs import (
    AMQP,
    HTTP,
    authentication,
    command_of,
    converted,
    finding,
    rabbitmq,
    scaledobject,
    secret_ref,
    spec_of,
    user,
)


def test_a_secret_whose_uri_mare_can_read_is_used_as_it_is():
    given = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host", "the.uri")])
    assert spec_of(*given)["brokerRef"] == {"secretName": "old", "uriKey": "the.uri"}
    assert command_of(*given) == "kubectl -n shop label secret old mare.dev/broker=true"


def test_certificates_under_the_keys_of_a_tls_secret_are_used_as_they_are():
    references = [secret_ref("host"), secret_ref("ca", "ca.crt"), secret_ref("cert", "tls.crt")]
    given = user(protocol="amqp"), authentication(secretTargetRef=references)
    assert spec_of(*given)["brokerRef"] == {"secretName": "old", "uriKey": "host"}


@pytest.mark.parametrize("trigger", [{"protocol": "amqp"}, {}])
def test_a_secret_of_rabbitmqs_cluster_operator_is_labelled_by_its_cluster(trigger):
    reference = {"parameter": "host", "name": "blue-default-user", "key": "connection_string"}
    given = user(**trigger), authentication(secretTargetRef=[reference])
    label = "kubectl -n shop label rabbitmqcluster blue mare.dev/broker=true"
    assert command_of(*given) == label
    [remark] = converted(*given).results[0].remarks
    assert "make a Secret of your own" in remark.note
    assert not remark.command


@pytest.mark.parametrize(
    ("references", "trigger"),
    [
        ([secret_ref("host")], {"protocol": "http"}),
        ([secret_ref("host")], {}),
        ([secret_ref("host"), secret_ref("username")], {"protocol": "amqp"}),
        ([secret_ref("host"), secret_ref("ca")], {"protocol": "amqp"}),
    ],
)
def test_a_secret_of_another_shape_is_copied(references, trigger):
    given = user(**trigger), authentication(secretTargetRef=references)
    assert spec_of(*given)["brokerRef"]["secretName"] == "mare-rabbit"
    assert "create secret generic mare-rabbit" in command_of(*given)


def test_a_complete_command_needs_nobody():
    given = (
        user(protocol="http", vhostName="/"),
        authentication(secretTargetRef=[secret_ref("host")]),
    )
    conversion = converted(*given)
    assert conversion.exit_code == 0
    found = finding(conversion.results[0], "spec.triggers[0].authenticationRef.name")
    assert found.outcome is Outcome.TRANSLATED


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (AMQP, "http://rabbit:15672"),
        ("amqps://u:pw@rabbit/shop", "https://rabbit:15671"),
        ("amqps://u:pw@goose.rmq2.cloudamqp.com/shop", "https://goose.rmq2.cloudamqp.com"),
    ],
)
def test_the_management_address_is_the_one_that_the_operator_derives(host, address):
    conversion = converted(scaledobject(rabbitmq(host)))
    [line] = [each for each in text(conversion).splitlines() if "scale to zero" in each]
    assert f"which Maré reads at {address}; only if it is elsewhere, add" in line
    assert "except for QueueLength with excludeUnacknowledged" in line
    [step] = [each for each in steps(conversion) if each.name == "Management"]
    assert step.note.startswith("Only where the management API is not at the address named above")
    patch = """-p '{"stringData":{"management-uri":"SCHEME://USER:PASSWORD@HOST:PORT"}}'"""
    [command] = step.commands
    assert command == f"kubectl patch secret mare-orders {patch}"


def test_an_unknown_host_has_the_rule_by_which_its_management_address_is_derived():
    given = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host")])
    [remark] = converted(*given).results[0].remarks
    assert "port 15672 of the broker's host, 15671 with TLS, 443 at CloudAMQP" in remark.note
    assert "SCHEME://USER:PASSWORD@HOST:PORT" in remark.note
    assert remark.command.startswith("kubectl -n shop patch secret old -p ")


def test_a_secret_under_the_key_of_mare_needs_the_management_address():
    given = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host", "amqp-uri")])
    [result, _] = converted(*given).results
    assert "which Maré does not derive from amqp-uri" in result.remarks[0].note
    assert result.edits == ["management-uri in the Secret"]


def test_a_secret_in_the_input_that_has_the_management_address_needs_nothing():
    given = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host", "amqp-uri")])
    values = {"amqp-uri": AMQP, "management-uri": "http://u:pw@other"}
    metadata = {"name": "old", "namespace": "shop"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
    assert converted(*given, secret).exit_code == 0


def test_a_trigger_over_http_loses_nothing():
    assert converted(scaledobject(rabbitmq(HTTP))).results[0].remarks == []
