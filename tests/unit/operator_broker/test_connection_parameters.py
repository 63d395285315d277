"""Connection parameters are parsed from a Secret; errors name the key and hide the value."""

import base64
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from mare.broker.connection_parameters import ConnectionParameters, parse_secret, path_segment
from mare.local_run.broker_secrets import encoded
from mare.ports import AccessRefused


@pytest.mark.parametrize(
    "uri",
    [
        "amqp://u:p@" + "é" * 254 + "/",
        "amqp://u:p@host/v?" + "a&" * 512,
        "amqp://u:p@host/" + "v" * 1_024,
        "amqp://u:" + "p" * 2**14 + "@host/",
    ],
)
def test_a_uri_that_takes_long_to_parse_is_refused(uri: str):
    with pytest.raises(AccessRefused, match="amqp-uri of Secret broker is too long"):
        parse_secret("broker", encoded({"amqp-uri": uri}))


def test_a_password_can_be_a_token():
    uri = f"amqp://u:{'p' * 8_000}@host/v"
    assert parse_secret("broker", encoded({"amqp-uri": uri})).amqp_uri == uri


def test_a_secret_contains_the_uri_and_its_virtual_host():
    parameters = parse_secret("broker", encoded({"amqp-uri": "amqp://u:p@host/%2Fshop\n"}))

    assert parameters.vhost == "/shop"
    assert parameters.with_vhost("other").amqp_url() == "amqp://u:p@host/other"
    assert "p@host" not in repr(parameters)


def test_other_keys_of_a_secret_are_ignored():
    keystore = base64.b64encode(b"\x30\x82\xff\xfe").decode()

    parameters = parse_secret(
        "broker", {**encoded({"amqp-uri": "amqp://host"}), "keystore.p12": keystore}
    )

    assert parameters.amqp_uri == "amqp://host"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Secret broker has none of amqp-uri, "),
        ({"amqp-uri": "!"}, "amqp-uri of Secret broker is not text"),
        (
            encoded({"amqp-uri": "http://host"}),
            "amqp-uri of Secret broker must begin with amqp:// or amqps:// and name a host",
        ),
        (encoded({"management-uri": "https://"}), "name a host"),
        (encoded({"amqp-uri": "amqp://host:port"}), "name a host"),
        (encoded({"amqp-uri": "amqp://u:a@b/hidden@host/"}), "percent-encode"),
        (encoded({"amqp-uri": "amqp://u:/hidden@host/"}), "percent-encode"),
        (encoded({"amqp-uri": "amqp://u:5671#hidden@host/"}), "percent-encode"),
        (
            encoded({"amqp-uri": "amqps://u:hidden@host", "ca.crt": "no"}),
            "are not PEM",
        ),
        (
            {**encoded({"amqp-uri": "amqps://u:hidden@host"}), "tls.key": "A" * 12_000},
            "tls.key of Secret broker is longer than 4 KiB",
        ),
        (
            {**encoded({"amqp-uri": "amqps://u:hidden@host"}), "ca.crt": "A" * 100_000},
            "ca.crt of Secret broker is longer than 64 KiB",
        ),
    ],
)
def test_an_invalid_secret_is_refused_without_showing_its_values(values, message):
    with pytest.raises(AccessRefused, match=message) as refused:
        parse_secret("broker", values)
    assert "hidden" not in str(refused.value)


@pytest.fixture(scope="module")
def tls() -> dict[str, str]:
    """A client certificate, its key and the same key with a passphrase."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mare")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    plain, encrypted = (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        for encryption in (NoEncryption(), BestAvailableEncryption(b"passphrase"))
    )
    found = {"tls.crt": certificate, "tls.key": plain, "encrypted": encrypted}
    return encoded({name: each.decode() for name, each in found.items()})


def test_an_encrypted_key_is_refused_without_a_prompt(tls):
    values = {**encoded({"amqp-uri": "amqps://host"}), **tls, "tls.key": tls["encrypted"]}

    text = "tls.key of the Secret is encrypted: store it without a passphrase"
    with pytest.raises(AccessRefused, match=text):
        parse_secret("broker", values)


@pytest.mark.parametrize("keys", [["tls.crt", "tls.key"], ["tls.crt"], ["tls.key"]])
def test_a_client_certificate_needs_its_key(tls, keys):
    values = {**encoded({"amqp-uri": "amqps://host"}), **{key: tls[key] for key in keys}}
    parameters = parse_secret("broker", values)

    assert parameters.ssl_context().verify_mode is ssl.CERT_REQUIRED
    with pytest.raises(AccessRefused, match="of the Secret are not PEM"):
        replace(parameters, client_certificate="-", client_key="-").ssl_context()


@pytest.mark.parametrize("vhost", [".", ".."])
def test_a_virtual_host_cannot_change_the_path_of_a_request(vhost):
    with pytest.raises(AccessRefused, match="cannot be named"):
        path_segment(vhost)
    with pytest.raises(AccessRefused, match="cannot be named"):
        ConnectionParameters(amqp_uri="amqp://host/", vhost=vhost).amqp_url()


@pytest.mark.parametrize(
    ("vhost", "segment"),
    [
        ("/", "%2F"),
        ("../x", "..%2Fx"),
        ("a?b#c", "a%3Fb%23c"),
        ("a%2Fb", "a%252Fb"),
        ("ação", "a%C3%A7%C3%A3o"),
    ],
)
def test_a_virtual_host_is_one_percent_encoded_path_segment(vhost, segment):
    assert path_segment(vhost) == segment
