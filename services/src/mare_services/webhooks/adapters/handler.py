"""The entrypoint of callbacks: an event handler that knows how often a message was redelivered."""

from typing import Any

from kombu import Message

from mare_nameko.service.events import EventHandler

REDELIVERIES = "redeliveries"
"""Key of the worker's context data. The dependency takes it out, so that no message inherits it."""
_COUNT = "x-delivery-count"
"""Header of a quorum queue: deliveries that ended without an acknowledgement."""


class CallbackHandler(EventHandler):
    def unpack_message_headers(self, message: Message) -> dict[str, Any]:
        count = message.headers.get(_COUNT)
        redeliveries = count if isinstance(count, int) else 0
        return super().unpack_message_headers(message) | {REDELIVERIES: redeliveries}


callback_handler = CallbackHandler.decorator
