"""Signatures that receivers verify with the library of Standard Webhooks."""

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from mare_nameko.settings import SettingsError
from mare_services.webhooks.sending import Signer
from mare_services.webhooks.settings import Settings

OLD, NEW, OTHER = (
    f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2, 3)
)
BODY = '{"type":"job.complete","data":{"city":"São Paulo"}}'


def headers(*secrets):
    return dict(Signer(secrets).headers("msg_1", BODY, time.time()))


def test_while_the_secret_changes_both_verify():
    signed = headers(NEW, OLD)

    for secret in (OLD, NEW):
        Webhook(secret).verify(BODY, signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, signed)


def test_another_body_id_or_time_is_refused():
    signed = headers(NEW)

    for changed in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(time.time()) + 9)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify(BODY, signed | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY + " ", signed)


def test_several_secrets_are_read_in_their_order():
    settings = Settings.from_env({"WEBHOOKS_SECRETS": f"{NEW}, {OLD}"})

    assert settings.secrets.each == (NEW, OLD)
    assert NEW not in repr(settings)


@pytest.mark.parametrize(
    "secrets",
    ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", NEW.removeprefix("whsec_"), f"{NEW};",
     f"{NEW} {OLD}", f"{NEW},short", "whsec_" + base64.b64encode(bytes(65)).decode(), ","],
)  # fmt: skip
def test_a_weak_or_malformed_secret_stops_the_service_and_is_not_shown(secrets):
    with pytest.raises(SettingsError) as raised:
        Settings.from_env({"WEBHOOKS_SECRETS": secrets})

    assert "WEBHOOKS_SECRETS" in str(raised.value)
    assert len(secrets) < 8 or secrets not in str(raised.value)


@pytest.mark.parametrize(
    "variable",
    [{"WEBHOOKS_PORTS": "443,70000"}, {"WEBHOOKS_REFUSED_NETWORKS": "8.8.8.8/8"},
     {"WEBHOOKS_ATTEMPT_SECONDS": "0"}, {"WEBHOOKS_RETRY_SECONDS": "5,-1"},
     {"WEBHOOKS_CONCURRENCY": "0"}, {"WEBHOOKS_RATE": "nan"}],
)  # fmt: skip
def test_other_mistakes_stop_it_too(variable):
    with pytest.raises(SettingsError):
        Settings.from_env({"WEBHOOKS_SECRETS": NEW, **variable})
