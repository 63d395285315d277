"""TLS files of a connection, and what is wrong with them."""

import ssl

import pytest

from mare_nameko.addresses import AmqpUri, BrokerSettings, TlsFiles
from mare_nameko.settings import SettingsError

TLS = "AMQPS://broker"


@pytest.fixture
def pem(tmp_path):
    found = tmp_path / "file.pem"
    found.touch()
    return str(found)


def test_files_are_options_of_the_connection_if_they_are_given():
    required = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "broker"}

    assert TlsFiles().options("broker") == required
    files = TlsFiles(ca_file="ca", cert_file="cert", key_file="key")
    assert files.options("broker") == {
        **required,
        "ca_certs": "ca",
        "certfile": "cert",
        "keyfile": "key",
    }


def test_the_variables_of_all_files_are_read(pem):
    files = {"AMQP_CA_FILE": pem, "AMQP_CERT_FILE": pem, "AMQP_KEY_FILE": pem}
    settings = BrokerSettings.from_env({"AMQP_URI": TLS, **files})

    assert settings.tls_files == TlsFiles(ca_file=pem, cert_file=pem, key_file=pem)


@pytest.mark.parametrize("name", ["AMQP_CA_FILE", "AMQP_CERT_FILE", "AMQP_KEY_FILE"])
@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"AMQP_URI": TLS}, "{name}='/nowhere.pem': there is no such file."),
        ({}, "{name} is set but AMQP_URI does not begin with amqps://."),
        ({"AMQP_URI": "amqp://h"}, "{name} is set but AMQP_URI does not begin with amqps://."),
    ],
)
def test_each_file_needs_to_exist_and_an_address_with_tls(name, environ, sentence):
    with pytest.raises(SettingsError) as refusal:
        BrokerSettings.from_env({**environ, name: "/nowhere.pem"})

    assert sentence.format(name=name) in str(refusal.value).splitlines()


def test_a_key_needs_a_certificate_and_not_the_other_way_round(pem):
    assert BrokerSettings.from_env({"AMQP_URI": TLS, "AMQP_CERT_FILE": pem})
    with pytest.raises(SettingsError) as refusal:
        BrokerSettings.from_env({"AMQP_URI": TLS, "AMQP_KEY_FILE": pem})

    assert str(refusal.value) == "AMQP_KEY_FILE is set but AMQP_CERT_FILE is not."


def test_an_empty_variable_names_no_file():
    assert BrokerSettings.from_env({"AMQP_KEY_FILE": ""}).tls_files == TlsFiles()


def test_hosts_are_shown_without_users():
    assert AmqpUri("amqp://u:p@a/v;amqp://b:7/").hosts == "a:5672, b:7"
