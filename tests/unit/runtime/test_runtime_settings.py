"""Settings of the runtime."""

import ssl

import pytest

from mare_nameko.service.connections import Broker
from mare_nameko.service.settings import Settings
from mare_nameko.settings import SettingsError


def test_variables_are_read(tmp_path):
    authority = tmp_path / "ca.pem"
    authority.touch()
    settings = Settings.from_env(
        {
            "AMQP_URI": "amqps://a:b@broker",
            "AMQP_CA_FILE": str(authority),
            "RUNTIME_MAX_WORKERS": "3",
            "RUNTIME_RETRY_SECONDS": "0.5, 2",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/v1/traces",
        }
    )

    assert settings.max_workers == 3
    assert settings.retry_seconds == (0.5, 2)
    assert settings.amqp_uri.uses_tls
    assert settings.exports_traces


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUNTIME_MAX_WORKERS", "0"),
        ("RUNTIME_MAX_WORKERS", "65536"),
        ("RUNTIME_SHUTDOWN_SECONDS", "0"),
        ("RUNTIME_SHUTDOWN_SECONDS", "inf"),
        ("RUNTIME_CALL_SECONDS", "nan"),
        ("RUNTIME_HEARTBEAT_SECONDS", "70000"),
        ("RUNTIME_HEALTH_PORT", "70000"),
        ("RUNTIME_RETRY_SECONDS", "1,0"),
        ("RUNTIME_RETRY_LIMIT", "-1"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_work_is_refused(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("nonsense", "must begin with amqp:// or amqps://"),
        ("http://broker/", "must begin with amqp:// or amqps://"),
        ("amqp:broker", "must begin with amqp:// or amqps://"),
        ("amqp://a/;b", "must begin with amqp:// or amqps://"),
        (" ; ", "no address"),
        ("amqp://u:secret@broker:port/", "host or port"),
        ("amqp://u:secret@broker:70000/", "host or port"),
        ("amqp://u:sec/ret@broker/", "written %2F"),
        ("amqp://u:5/ret@broker/", "written %2F"),
        ("amqp://u:sec#ret@broker/", "written %2F, %3F, %23"),
        ("amqp://u:secret@[::1/", "host or port"),
        ("amqp://u:secret\u2100@broker/", "host or port"),
        ("amqps://broker/?ssl_cert_reqs=none", "no parameters"),
        ("amqp://u:sec ret@broker/", "no spaces"),
        ("amqp://a/;amqps://b/", "must all begin with amqps://"),
    ],
)
def test_a_wrong_address_is_reported_without_quoting_it(uri, words):
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"AMQP_URI": uri})

    (line,) = str(caught.value).splitlines()
    assert line.startswith("AMQP_URI='***': ")
    assert words in line
    assert "ret" not in line


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (" amqp://a/ ;\namqp://b:1/v;", "amqp://a/;amqp://b:1/v"),
        ("AMQPS://u:p@h", "amqps://u:p@h"),
        ("amqp://u:%2F%23@[fd00::2]:5672/%2F", "amqp://u:%2F%23@[fd00::2]:5672/%2F"),
    ],
)
def test_addresses_are_read_as_they_are_meant(given, read):
    assert Settings.from_env({"AMQP_URI": given}).amqp_uri == read


@pytest.mark.parametrize("uri", ["amqps://a/;amqps://b/", "AMQPS://a/"])
def test_every_address_with_tls_is_verified(uri):
    broker = Broker(Settings.from_env({"AMQP_URI": uri}), "worker")
    connection = broker.connection("consumer")

    for _ in range(2):
        assert connection.ssl["cert_reqs"] == ssl.CERT_REQUIRED
        assert "server_hostname" in connection.ssl
        connection.maybe_switch_next()


def test_all_mistakes_of_broker_and_runtime_are_reported_at_once(tmp_path):
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(
            {
                "AMQP_URI": "amqp://broker:port",
                "AMQP_CA_FILE": str(tmp_path),
                "AMQP_KEY_FILE": __file__,
                "RUNTIME_MAX_WORKERS": "many",
            }
        )

    message = str(caught.value)
    for words in (
        "AMQP_URI='***': ",
        "AMQP_CA_FILE is set but AMQP_URI does not begin with amqps://.",
        f"AMQP_CA_FILE={str(tmp_path)!r}: there is no such file.",
        "AMQP_KEY_FILE is set but AMQP_CERT_FILE is not.",
        "RUNTIME_MAX_WORKERS='many'",
    ):
        assert words in message
