"""A Secret that KEDA reads is named as it is, where Maré can read it; what it may lack is said."""

import pytest

from mare.convert.findings import Outcome
from mare.convert.migration import steps
from mare.convert.report import refusals, text
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
    remark, _ = converted(*given).results[0].remarks
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


def _old(labels=None, **values):
    metadata = {"name": "old", "namespace": "shop"} | ({"labels": labels} if labels else {})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}


LABEL = {"mare.dev/broker": "true"}
USER = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host")])
WHOLE = {"host": AMQP, "management-uri": "http://u:pw@other"}


@pytest.mark.parametrize(
    ("given", "action"),
    [
        (USER, "label secret shop/old"),
        ((*USER, _old(**WHOLE)), "label secret shop/old"),
        ((*USER, _old({"mare.dev/broker": "false"}, **WHOLE)), "label secret shop/old"),
        ((user(protocol="http"), USER[1]), "create secret shop/mare-rabbit"),
    ],
)
def test_a_secret_to_create_or_to_label_needs_you_also_with_quiet(given, action):
    conversion = converted(*given)
    assert conversion.exit_code == 2
    assert refusals(conversion) == f"needs you: {action} (shop/orders)\n"
    found = finding(conversion.results[0], "spec.triggers[0].authenticationRef.name")
    assert found.outcome is Outcome.NEEDS_YOU
    assert any("tag monitoring" in each.note for each in conversion.results[0].remarks)


def test_a_secret_that_has_label_and_management_address_needs_nothing():
    conversion = converted(*USER, _old(LABEL, **WHOLE))
    assert (conversion.exit_code, refusals(conversion)) == (0, "")
    found = finding(conversion.results[0], "spec.triggers[0].authenticationRef.name")
    assert (found.outcome, found.command) == (Outcome.TRANSLATED, "")
    assert conversion.results[0].remarks == []


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
    [command] = step.commands
    assert "\nkubectl patch secret mare-orders --patch-file=" in command


def test_an_unknown_host_has_the_rule_by_which_its_management_address_is_derived():
    given = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host")])
    remark, _ = converted(*given).results[0].remarks
    assert "port 15672 of the broker's host, 15671 with TLS, 443 at CloudAMQP" in remark.note
    assert "SCHEME://USER:PASSWORD@HOST:PORT" in remark.note
    assert "\nkubectl -n shop patch secret old " in remark.command


def test_a_secret_under_the_key_of_mare_needs_the_management_address():
    given = user(protocol="amqp"), authentication(secretTargetRef=[secret_ref("host", "amqp-uri")])
    [result, _] = converted(*given).results
    assert "which Maré does not derive from amqp-uri" in result.remarks[0].note
    assert result.edits == ["management-uri in the Secret"]


def test_a_trigger_over_http_needs_nothing_but_a_user_who_sees_the_consumers():
    [remark] = converted(scaledobject(rabbitmq(HTTP))).results[0].remarks
    assert "without it it is unknown which replicas are busy" in remark.note
