"""Settings of the runtime."""

import pytest

from services.runtime.settings import Settings
from services.settings import SettingsError


def test_defaults_fit_a_pod():
    settings = Settings.from_env({})

    assert settings.max_workers == 10
    assert settings.shutdown_seconds < 30
    assert settings.retry_seconds == (1, 10, 60)
    assert not settings.uses_tls
    assert not settings.exports_traces


def test_variables_are_read():
    settings = Settings.from_env(
        {
            "AMQP_URI": "amqps://a:b@broker",
            "AMQP_CA_FILE": "/ca.pem",
            "RUNTIME_MAX_WORKERS": "3",
            "RUNTIME_RETRY_SECONDS": "0.5, 2",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/v1/traces",
        }
    )

    assert settings.max_workers == 3
    assert settings.retry_seconds == (0.5, 2)
    assert settings.uses_tls
    assert settings.exports_traces


def test_the_password_is_not_shown():
    assert "secret" not in repr(Settings.from_env({"AMQP_URI": "amqp://a:secret@broker"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUNTIME_MAX_WORKERS", "0"),
        ("RUNTIME_SHUTDOWN_SECONDS", "0"),
        ("RUNTIME_HEALTH_PORT", "70000"),
        ("RUNTIME_RETRY_SECONDS", "1,0"),
        ("RUNTIME_RETRY_LIMIT", "-1"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_work_is_refused(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


def test_an_authority_without_tls_is_a_mistake():
    with pytest.raises(SettingsError, match="amqps"):
        Settings.from_env({"AMQP_CA_FILE": "/ca.pem"})
