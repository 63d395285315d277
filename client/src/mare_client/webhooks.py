"""Verifies callbacks (Standard Webhooks)."""

from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError


class WebhookRefused(Exception):
    """Raised for a callback that Maré has not signed, or that is older than 5 minutes."""


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the payload of a callback.

    Args:
        secret: begins with ``whsec_``.
        headers: of the request; the names may have any case.
        body: of the request, unchanged.

    Raises:
        WebhookRefused: the signature, the time or the body is wrong.
        ValueError: the secret is empty or no base64, a mistake in the receiver's configuration.
    """
    try:
        webhook = Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        raise ValueError("The secret is empty, or not whsec_ and base64.") from None
    try:
        payload = webhook.verify(body, dict(headers))
    except (WebhookVerificationError, ValueError, RecursionError) as error:
        raise WebhookRefused(str(error)) from None
    if not isinstance(payload, dict):
        raise WebhookRefused("The body is no JSON object.")
    return payload
