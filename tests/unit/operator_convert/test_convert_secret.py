"""A Secret that KEDA reads is named as it is, where Maré can read it; what it may lack is said."""

import pytest

from mare.convert.findings import Outcome
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


def test_a_secret_of_rabbitmqs_cluster_operator_is_labelled_by_its_cluster():
    reference = {"parameter": "host", "name": "blue-default-user", "key": "connection_string"}
    given = user(protocol="amqp"), authentication(secretTargetRef=[reference])
    label = "kubectl -n shop label rabbitmqcluster blue mare.dev/broker=true"
    assert command_of(*given) == label


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


def test_what_may_prevent_scale_to_zero_is_a_line_of_its_own_with_its_command():
    conversion = converted(scaledobject(rabbitmq(AMQP)))
    [remark] = conversion.results[0].remarks
    [line] = [
        each for each in text(conversion).splitlines() if each.startswith("needs you: scale-")
    ]
    assert "scale to zero need the management API" in line
    patch = '{"stringData":{"management-uri":"http://USER:PASSWORD@rabbit:15672"}}'
    assert patch in remark.command
    assert remark.command in text(conversion)


def test_a_secret_under_the_key_of_mare_states_that_scale_to_zero_is_missing():
    given = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host", "amqp-uri")])
    [remark] = converted(*given).results[0].remarks
    assert remark.note.startswith("no scale-down and no scale to zero until")


def test_a_trigger_over_http_loses_nothing():
    assert converted(scaledobject(rabbitmq(HTTP))).results[0].remarks == []
