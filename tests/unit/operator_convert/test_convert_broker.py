"""The commands are run by a real bash; a stand-in for kubectl tells what it was given."""

import base64
import subprocess

import pytest

from mare.convert.findings import Outcome
from mare.convert.report import text
from tests.unit.operator_convert.inputs import (
    AMQP,
    authentication,
    command_of,
    converted,
    finding,
    rabbitmq,
    refusals,
    scaledobject,
    secret_ref,
    spec_of,
    user,
)


@pytest.mark.parametrize(
    ("host", "management_uri"),
    [
        ("http://u:p@rabbit:15672/", "http://u:p@rabbit:15672"),
        ("http://u:p@rabbit:15672/shop", "http://u:p@rabbit:15672"),
        ("https://rabbit/path/%2Fshop", "https://rabbit/path"),
        ("http://rabbit:15672", "http://rabbit:15672"),
    ],
)
def test_a_management_uri_loses_the_virtual_host_that_keda_wants_at_its_end(
    run, host, management_uri
):
    given = authentication(secretTargetRef=[secret_ref("host")])
    made = run(command_of(user(protocol="http"), given), {"old": {"host": host}})
    assert made["data"] == {"management-uri": management_uri}


def test_tls_material_comes_under_the_keys_of_a_tls_secret(run):
    given = authentication(
        secretTargetRef=[secret_ref("host"), secret_ref("ca"), secret_ref("cert")],
        configMapTargetRef=[{"parameter": "key", "name": "config", "key": "key"}],
    )
    stored = {"old": {"host": AMQP, "ca": "CA\n", "cert": "CERT"}, "config": {"key": "KEY"}}
    made = run(command_of(user(protocol="amqp"), given), stored)
    assert made["data"] == {
        "uri": AMQP,
        "ca.crt": "CA",
        "tls.crt": "CERT",
        "tls.key": "KEY",
    }


def test_a_variable_is_read_in_a_running_container(run):
    given = user(hostFromEnv="RABBIT_URI", protocol="amqp")
    del given["spec"]["triggers"][0]["authenticationRef"]
    given["spec"]["scaleTargetRef"] |= {"kind": "StatefulSet", "envSourceContainerName": "worker"}
    command = command_of(given)
    assert "exec statefulset/orders -c worker -- printenv RABBIT_URI" in command
    assert run(command, {"RABBIT_URI": AMQP})["data"] == {"uri": AMQP}
    [result] = converted(given).results
    container = finding(result, "spec.scaleTargetRef.envSourceContainerName")
    assert container.outcome is Outcome.NEEDS_YOU


@pytest.mark.parametrize(
    "uri", ["amqps://u:p#w@rabbit:5671/shop", "amqp://u:p?w@rabbit/", "amqp://u:p/w@rabbit/"]
)
def test_a_password_that_splits_its_uri_is_refused_and_no_part_of_it_is_shown(uri):
    given = authentication(secretTargetRef=[secret_ref("host")])
    conversion = converted(user(), given, _secret(uri))
    assert any("# is %23" in each for each in refusals(conversion.results[0]))
    assert "u:p" not in text(conversion, detailed=True)


def test_a_cluster_authentication_has_its_secrets_in_the_namespace_of_keda():
    kind = "ClusterTriggerAuthentication"
    given = authentication(kind, secretTargetRef=[secret_ref("host")])
    command = command_of(user(kind, protocol="amqp"), given)
    assert "\nkubectl -n shop create secret" in command
    assert "kubectl -n keda get secret old" in command


def test_an_authentication_of_another_namespace_is_another():
    given = authentication(secretTargetRef=[secret_ref("host")])
    given["metadata"]["namespace"] = "other"
    conversion = converted(user(), given)
    found = finding(conversion.results[0], "spec.triggers[0].authenticationRef.name")
    assert "TriggerAuthentication rabbit is not in the input" in found.note
    assert conversion.results[1].outcomes == {Outcome.LEFT_OUT: 7}


def _secret(uri: str):
    encoded = base64.b64encode(uri.encode()).decode()
    metadata = {"name": "old", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"host": encoded}}


def test_a_secret_in_the_input_determines_the_protocol_and_is_never_shown():
    given = authentication(secretTargetRef=[secret_ref("host")])
    spec = spec_of(user(), given, _secret(AMQP))
    assert spec["target"]["excludeUnacknowledged"] is True
    spec = spec_of(user(), given, _secret("http://u:p@rabbit:15672/shop%2Feu"))
    assert "excludeUnacknowledged" not in spec["target"]
    assert spec["brokerRef"] == {"secretName": "mare-rabbit", "vhost": "shop/eu"}
    [_, _, secret] = converted(user(), given, _secret(AMQP)).results
    assert secret.outcomes == {Outcome.KEPT: 5}
    assert finding(secret, "data.host").was == "***"


@pytest.mark.parametrize(
    ("part", "outcome", "note"),
    [
        ({"secretTargetRef": [secret_ref("keyPassword")]}, Outcome.NEEDS_YOU, "openssl pkey"),
        ({"secretTargetRef": [secret_ref("vhostName")]}, Outcome.NEEDS_YOU, "brokerRef.vhost"),
        ({"secretTargetRef": [secret_ref("tls")]}, Outcome.TRANSLATED, "amqps or https"),
        ({"secretTargetRef": [secret_ref("topic")]}, Outcome.TRANSLATED, "does not read topic"),
        ({"podIdentity": {"provider": "none"}}, Outcome.TRANSLATED, "no cloud identity"),
        (
            {"podIdentity": {"provider": "azure-workload"}},
            Outcome.NEEDS_YOU,
            "or certificate",
        ),
        (
            {"oauth2": {"clientId": "a", "scopes": ["b"]}},
            Outcome.NEEDS_YOU,
            "or certificate",
        ),
        (
            {"hashiCorpVault": {"address": "x", "secrets": [{"parameter": "host"}]}},
            Outcome.NEEDS_YOU,
            "HashiCorp Vault",
        ),
        ({"secretTargetRefs": []}, Outcome.REFUSED, "did you mean secretTargetRef?"),
    ],
)
def test_each_way_to_authenticate_has_its_outcome(part, outcome, note):
    [_, result] = converted(user(), authentication(**part)).results
    name = next(iter(part))
    below = [found for found in result.findings if name in found.path]
    assert below
    assert {found.outcome for found in below} == {outcome}
    assert all(note in found.note for found in below)


@pytest.mark.parametrize(
    "triggers",
    [
        (rabbitmq(AMQP), rabbitmq("amqp://other/")),
        tuple(
            {
                "type": "rabbitmq",
                "metadata": {"queueName": "orders"},
                "authenticationRef": {"name": name},
            }
            for name in ("rabbit", "other")
        ),
    ],
    ids=["hosts", "authentications that are not in the input"],
)
def test_two_brokers_in_one_object_are_refused(triggers):
    [result] = converted(scaledobject(*triggers)).results
    assert any("different brokers" in refusal for refusal in refusals(result))


@pytest.mark.parametrize("empty", ["host", "ca"])
def test_a_command_whose_value_is_empty_creates_no_secret(run, empty):
    references = [secret_ref("host"), secret_ref("ca")]
    command = command_of(user(protocol="amqp"), authentication(secretTargetRef=references))
    with pytest.raises(subprocess.CalledProcessError) as error:
        run(command, {"old": {"host": AMQP, "ca": "CA"} | {empty: ""}})
    assert (error.value.stdout, "is empty" in error.value.stderr) == ("", True)


def test_a_command_that_cannot_read_its_value_creates_no_secret(run):
    given = user(hostFromEnv="RABBIT_URI", protocol="amqp")
    del given["spec"]["triggers"][0]["authenticationRef"]
    with pytest.raises(subprocess.CalledProcessError) as error:
        run(command_of(given), {})
    assert error.value.stdout == ""


def test_an_unverified_broker_whose_ca_the_command_adds_needs_nothing():
    references = [secret_ref("host"), secret_ref("ca")]
    given = user(protocol="amqp", unsafeSsl="true"), authentication(secretTargetRef=references)
    [result, _] = converted(*given).results
    found = finding(result, "spec.triggers[0].metadata.unsafeSsl")
    assert found.outcome is Outcome.TRANSLATED
    assert result.edits == []


def test_what_the_authentication_gives_goes_before_variables_of_the_workload():
    references = [secret_ref("host"), secret_ref("username"), secret_ref("password")]
    given = user(hostFromEnv="URI", usernameFromEnv="USER", passwordFromEnv="PASSWORD")
    [result, _] = converted(given, authentication(secretTargetRef=references)).results
    for name in ("hostFromEnv", "usernameFromEnv", "passwordFromEnv"):
        found = finding(result, f"spec.triggers[0].metadata.{name}")
        assert found.outcome is Outcome.DROPPED
        assert "takes precedence" in found.note


def test_a_host_in_the_object_goes_before_the_authentication(run):
    given = user(host=AMQP), authentication(secretTargetRef=[secret_ref("host"), secret_ref("ca")])
    command = command_of(*given)
    assert run(command, {"old": {"ca": "CA"}}, f"{AMQP}\n")["data"] == {
        "uri": AMQP,
        "ca.crt": "CA",
    }
    found = finding(converted(*given).results[0], "spec.triggers[0].authenticationRef.name")
    assert found.note == "its values are in the same Secret"


def test_an_unseen_management_uri_needs_its_virtual_host_written():
    [result] = converted(user(protocol="http")).results
    found = finding(result, "spec.triggers[0].authenticationRef.name")
    assert (
        "brokerRef.vhost to the decoded path of that URI after its last / (%2F is /)" in found.note
    )
