"""Signatures by Standard Webhooks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import floor

from standardwebhooks.webhooks import Webhook


class Signer:
    """Signs callbacks with each of several secrets, so that receivers can change their secret."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [Webhook(secret) for secret in secrets]

    def headers(self, webhook_id: str, body: str, now: float) -> Mapping[str, str]:
        at = datetime.fromtimestamp(floor(now), UTC)
        signatures = (key.sign(webhook_id, at, body) for key in self._keys)
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(floor(now)),
            "webhook-signature": " ".join(signatures),
        }
