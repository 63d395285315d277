"""The entrypoint of callbacks: an event handler that knows how often a message was redelivered."""

from typing import Any

import nameko.messaging
from kombu import Message

from mare_nameko.service.events import EventHandler
from mare_nameko.service.retries import redeliveries

REDELIVERIES = "redeliveries"
"""Key of the worker's context data. The dependency takes it out, so that no message inherits it."""


class CallbackHandler(EventHandler):
    def handle_redelivered(self, body: Any, message: Message) -> None:
        """Let the service park it, with a report and by the schedule of callbacks."""
        nameko.messaging.Consumer.handle_message(self, body, message)

    def unpack_message_headers(self, message: Message) -> dict[str, Any]:
        count = redeliveries(message.headers)
        return super().unpack_message_headers(message) | {REDELIVERIES: count}


callback_handler = CallbackHandler.decorator
