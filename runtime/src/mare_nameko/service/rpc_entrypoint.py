"""``@rpc``: methods that other services call."""

import inspect
from functools import partial
from logging import getLogger
from typing import Any

import nameko.rpc
from amqp import Message as Reply
from kombu import Message
from kombu.serialization import dumps, registry
from nameko.exceptions import (
    BadRequest,
    IncorrectSignature,
    MalformedRequest,
    UnserializableValueError,
)
from nameko.rpc import get_rpc_exchange

from mare_nameko.headers import find_mistake, read_headers
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.container import ExcInfo, Expired
from mare_nameko.service.errors import BrokerUnavailable, MessageTooLong, write_error
from mare_nameko.service.publisher import TRANSIENT, ReplyPublisher

_log = getLogger(__name__)

DIRECT_REPLY_TO = "amq.rabbitmq.reply-to"

LONGEST_REPR = 500
"""Characters of a result that cannot be serialized, in the reply that says so."""


class RpcConsumer(nameko.rpc.RpcConsumer):
    """Consumes the queue ``rpc-<service>`` and publishes the replies."""

    queue_consumer = QueueConsumer()
    publisher = ReplyPublisher()

    def setup(self) -> None:
        super().setup()
        self._exchange = get_rpc_exchange(self.container.config).name

    def handle_message(self, body: Any, message: Message) -> None:
        routing_key = message.delivery_info["routing_key"]
        mistake = find_mistake_in_request(message)
        if mistake is not None:
            _log.warning("Rejected a request to %s: bad %s", routing_key, mistake)
            self.container.metrics.rejected(mistake)
            self.queue_consumer.reject_message(message)
            return
        try:
            self.get_provider_for_method(routing_key).handle_message(body, message)
        except BadRequest as error:
            kind = type(error).__name__
            _log.info("Answered a request to %s with %s", routing_key, kind)
            self.container.metrics.rejected(kind)
            # The loop that consumes must not wait here for the confirm of the reply.
            answer = partial(self.handle_result, message, None, (type(error), error, None))
            self.container.spawn_managed_thread(answer, identifier=f"answer to {routing_key}")

    def handle_result(
        self, message: Message, result: Any, exc_info: ExcInfo | None
    ) -> tuple[Any, ExcInfo | None]:
        """Publish the reply, then acknowledge the request.

        A reply that the broker does not confirm in time is lost. The request is acknowledged even
        so: its work is done, and its caller has most likely given up. Expired requests get no
        reply, so that a backlog of them is cleared fast.
        """
        error = exc_info[1] if exc_info else None
        if not isinstance(error, Expired):
            try:
                reply = encode_reply(message, result, error)
            except UnserializableValueError as unserializable:
                what = type(result if error is None else error).__name__
                _log.error("The reply cannot be serialized: %s", what)
                result, exc_info = None, (type(unserializable), unserializable, None)
                reply = encode_reply(message, None, unserializable)
            self._send(message, reply)
        self.queue_consumer.ack_message(message)
        return result, exc_info

    def _send(self, message: Message, reply: Reply) -> None:
        reply_to = message.properties["reply_to"]
        exchange = "" if reply_to.startswith(DIRECT_REPLY_TO) else self._exchange
        try:
            self.publisher.publish_message(reply, exchange, reply_to)
        except MessageTooLong as error:
            _log.error(
                "The reply of %s is too long: %s", message.delivery_info["routing_key"], error
            )
            self._send(message, encode_reply(message, None, error))
        except BrokerUnavailable as error:
            _log.warning("Lost the reply of %s: %s", message.delivery_info["routing_key"], error)


class Rpc(nameko.rpc.Rpc):
    rpc_consumer = RpcConsumer()
    span_kind = "server"

    def setup(self) -> None:
        super().setup()
        self._signature = inspect.signature(getattr(self.container.service_cls, self.method_name))

    def handle_message(self, body: Any, message: Message) -> None:
        if not (
            isinstance(body, dict)
            and isinstance(body.get("args"), list)
            and isinstance(body.get("kwargs"), dict)
        ):
            raise MalformedRequest("The body must be an object with a list args and a map kwargs.")
        super().handle_message(body, message)

    def check_signature(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        try:
            self._signature.bind(None, *args, **kwargs)
        except TypeError as error:
            raise IncorrectSignature(str(error)) from None

    def unpack_message_headers(self, message: Message) -> dict[str, Any]:
        return read_headers(message.headers)


rpc = Rpc.decorator


def find_mistake_in_request(message: Message) -> str | None:
    """Return the name of a property that makes a reply impossible, or None.

    A stock Nameko process dies of it outside the handler. The message stays in the queue and kills
    the next pod.
    """
    properties = message.properties
    if not properties.get("reply_to"):
        return "reply_to"
    if message.content_type not in registry.type_to_name:
        return "content_type"
    return find_mistake(message.headers)


def encode_reply(request: Message, result: Any, error: BaseException | None) -> Reply:
    """Return the reply in the serialization of the request, or raise UnserializableValueError."""
    serializer = registry.type_to_name[request.content_type]
    try:
        payload = {"result": result, "error": None if error is None else write_error(error)}
        content_type, encoding, body = dumps(payload, serializer=serializer)
    except Exception:  # noqa: BLE001  serializers raise any type
        unserializable = UnserializableValueError(result if error is None else error)
        unserializable.repr_value = unserializable.repr_value[:LONGEST_REPR]
        raise unserializable from None
    return Reply(
        body,
        content_type=content_type,
        content_encoding=encoding,
        correlation_id=request.properties.get("correlation_id"),
        delivery_mode=TRANSIENT,
        application_headers={},
    )
