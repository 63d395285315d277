"""A client of Maré: jobs over HTTP, synchronous and asynchronous."""

from mare_client.answers import JobFailed, MareError, UnreadableAnswer
from mare_client.asynchronous import AsyncMare
from mare_client.synchronous import Mare
from mare_client.webhooks import WebhookRefused, verify_webhook

__all__ = [
    "AsyncMare",
    "JobFailed",
    "Mare",
    "MareError",
    "UnreadableAnswer",
    "WebhookRefused",
    "verify_webhook",
]
