import pytest

from mare_gateway.settings import Settings
from mare_nameko.settings import SettingsError


def test_all_mistakes_are_reported_at_once_without_secrets():
    environ = {
        "GATEWAY_PORT": "many",
        "GATEWAY_THREADS": "1",
        "LOG_LEVEL": "LOUD",
        "AMQP_URI": "http://u:s3cret@h",
        "AMQP_CA_FILE": "/no/such/file",
        "GATEWAY_RATE_LIMIT": "often",
    }

    with pytest.raises(SettingsError) as refusal:
        Settings.from_env(environ)

    message = str(refusal.value)
    assert all(name in message for name in environ)
    assert "s3cret" not in message
    assert len(message.splitlines()) == len(environ) + 1  # the CA file needs amqps:// as well


def test_requests_may_not_wait_in_more_threads_than_there_are():
    with pytest.raises(SettingsError, match="GATEWAY_MAX_IN_FLIGHT"):
        Settings.from_env({"GATEWAY_THREADS": "8", "GATEWAY_MAX_IN_FLIGHT": "8"})


def test_secrets_do_not_show():
    settings = Settings.from_env({"AMQP_URI": "amqp://u:s3cret@h"})

    assert "s3cret" not in repr(settings)
    assert settings.rpc_options().amqp_uri.addresses[0].password == "s3cret"
    assert "s3cret" not in repr(settings.rpc_options())
