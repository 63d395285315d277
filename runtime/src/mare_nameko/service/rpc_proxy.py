"""``RpcProxy``: calls to other services, with a time limit.

Replies arrive in an exclusive classic queue with a new name for each connection. The broker deletes
it with the connection. Nameko's reply queue is durable, stays for five minutes, and is replicated
where quorum is the default queue type.
"""

import time
import uuid
from typing import Any

import nameko.rpc
from kombu import Message, Queue
from nameko.containers import WorkerContext
from nameko.exceptions import UnknownService
from nameko.extensions import DependencyProvider
from nameko.rpc import RPC_REPLY_QUEUE_TEMPLATE, get_rpc_exchange

from mare_nameko.headers import DEADLINE, write_headers
from mare_nameko.service.confirming_session import Unroutable, wait_for
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.consumer_counts import LIFE_SECONDS, ConsumerCounts
from mare_nameko.service.context import MessageContext
from mare_nameko.service.errors import (
    BadReply,
    BrokerUnavailable,
    CallTimedOut,
    DeadlineExceeded,
    read_error,
)
from mare_nameko.service.publisher import TRANSIENT, Publisher
from mare_nameko.tracing import Span


class ReplyListener(nameko.rpc.ReplyListener):
    queue_consumer = QueueConsumer()

    def setup(self) -> None:
        self.exchange = get_rpc_exchange(self.container.config)
        self._renew_queue()
        self.queue_consumer.register_provider(self)

    def on_connection_lost(self) -> None:
        """Fail all pending calls: the broker has deleted their reply queue."""
        for reply in self._reply_events.values():
            reply.send_exception(BrokerUnavailable("The connection was lost during the call."))
        self._reply_events.clear()
        self._renew_queue()

    def _renew_queue(self) -> None:
        self.routing_key = str(uuid.uuid4())
        self.queue = Queue(
            RPC_REPLY_QUEUE_TEMPLATE.format(self.container.service_name, self.routing_key),
            exchange=self.exchange,
            routing_key=self.routing_key,
            exclusive=True,
            durable=False,
            auto_delete=True,
            no_ack=True,
        )

    def forget(self, correlation_id: str) -> None:
        self._reply_events.pop(correlation_id, None)

    def handle_message(self, body: Any, message: Message) -> None:
        if not is_reply(body):
            self._fail(message, "The reply is no object with a result or an error.")
            return
        reply = self._reply_events.pop(message.properties.get("correlation_id"), None)
        if reply is not None:
            reply.send(body)

    def on_undecodable(self, message: Message, reason: str) -> None:
        """Fail the call of a reply that cannot be decoded."""
        self._fail(message, f"The reply cannot be decoded: {reason}")

    def _fail(self, message: Message, text: str) -> None:
        reply = self._reply_events.pop(message.properties.get("correlation_id"), None)
        if reply is not None:
            reply.send_exception(BadReply(text))


def is_reply(body: Any) -> bool:
    if not isinstance(body, dict):
        return False
    error = body.get("error")
    return isinstance(error, dict) if error else "result" in body


class RpcProxy(DependencyProvider):
    """Injects a proxy: ``self.weather.current(place)``; or ``.call_async(place)``, ``.result()``.

    A call waits ``timeout`` seconds, or RUNTIME_CALL_SECONDS, but never beyond the deadline of the
    message being handled, and passes its own deadline on. It raises CallTimedOut, UnknownService,
    BadReply, BrokerUnavailable, or what the other service raised. UnknownService means that the
    service has no queue, or has had no consumer for RUNTIME_NO_CONSUMERS_GRACE.
    """

    rpc_reply_listener = ReplyListener()
    publisher = Publisher()
    consumer_counts = ConsumerCounts()

    def __init__(self, target_service: str, *, timeout: float | None = None) -> None:
        super().__init__()
        self.target_service = target_service
        self.timeout = timeout

    def setup(self) -> None:
        self.publisher.declare(get_rpc_exchange(self.container.config))

    def get_dependency(self, worker_ctx: WorkerContext) -> "ServiceProxy":
        worker_ctx.calls = getattr(worker_ctx, "calls", [])
        return ServiceProxy(self, worker_ctx)

    def worker_teardown(self, worker_ctx: WorkerContext) -> None:
        """Drop the calls whose replies the worker did not wait for."""
        for call in getattr(worker_ctx, "calls", []):
            call.abandon()

    def call(
        self, worker_ctx: WorkerContext, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> "Call":
        """Publish a request and return the pending call. Its time limit starts now."""
        target = f"{self.target_service}.{method}"
        context = worker_ctx.message_context
        seconds = self._seconds_for(target, context)
        span = self.container.tracer.begin(
            target,
            "client",
            context.span.context,
            {"rpc.system": "nameko", "rpc.method": target},
        )
        call = Call(self.rpc_reply_listener, target, seconds, span, self.consumer_counts)
        worker_ctx.calls.append(call)
        data = worker_ctx.context_data | context.outgoing(span.context)
        data[DEADLINE] = time.time() + seconds
        try:
            self.publisher.publish(
                {"args": args, "kwargs": kwargs},
                self.rpc_reply_listener.exchange.name,
                target,
                serializer=self.container.serializer,
                mandatory=True,
                headers=write_headers(data),
                seconds=min(seconds, self.container.settings.publish_seconds),
                reply_to=self.rpc_reply_listener.routing_key,
                correlation_id=call.correlation_id,
                message_id=call.correlation_id,
                delivery_mode=TRANSIENT,
            )
        except Unroutable:
            unknown = UnknownService(self.target_service)
            call.end(unknown)
            raise unknown from None
        except Exception as error:
            call.end(error)
            raise
        return call

    def _seconds_for(self, target: str, context: MessageContext) -> float:
        seconds: float = self.timeout or self.container.settings.call_seconds
        if context.remaining is not None:
            seconds = min(seconds, context.remaining)
        if seconds <= 0:
            raise DeadlineExceeded(f"The deadline has passed before the call to {target}.")
        if self.consumer_counts.is_absent(self.target_service):
            raise UnknownService(self.target_service)
        if not self.rpc_reply_listener.queue_consumer.can_receive:
            raise BrokerUnavailable(f"The broker is unreachable: {target} cannot be called.")
        return seconds


class ServiceProxy:
    """The dependency that a worker uses: its attributes are methods of the other service."""

    def __init__(self, provider: RpcProxy, worker_ctx: WorkerContext) -> None:
        self._provider = provider
        self._worker_ctx = worker_ctx

    def __getattr__(self, method: str) -> "MethodProxy":
        return MethodProxy(self._provider, self._worker_ctx, method)


class MethodProxy:
    def __init__(self, provider: RpcProxy, worker_ctx: WorkerContext, method: str) -> None:
        self._provider = provider
        self._worker_ctx = worker_ctx
        self._method = method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call_async(*args, **kwargs).result()

    def call_async(self, *args: Any, **kwargs: Any) -> "Call":
        return self._provider.call(self._worker_ctx, self._method, args, kwargs)


class Call:
    def __init__(
        self,
        listener: ReplyListener,
        target: str,
        seconds: float,
        span: Span,
        counts: ConsumerCounts,
    ) -> None:
        self.correlation_id = str(uuid.uuid4())
        self._listener = listener
        self._target = target
        self._seconds = seconds
        self._started = time.monotonic()
        self._reply = listener.get_reply_event(self.correlation_id)
        self._span = span
        self._counts = counts
        self._ended = False

    def result(self) -> Any:
        try:
            answer = self._wait()
        except BaseException as error:
            self.end(error)
            raise
        self.end()
        return answer

    def _wait(self) -> Any:
        body = self._reply_or_none()
        if body is None:
            raise CallTimedOut(f"{self._target} did not answer within {self._seconds:.1f} s.")
        if body.get("error"):
            raise read_error(body["error"])
        return body["result"]

    def _reply_or_none(self) -> Any:
        """Return the reply; None at the deadline. Raises UnknownService without a consumer."""
        service = self._target.partition(".")[0]
        deadline = self._started + self._seconds
        pause = self._listener.container.settings.no_consumers_grace
        while (left := deadline - time.monotonic()) > 0:
            body = wait_for(self._reply, min(left, pause))
            if body is not None:
                return body
            is_absent = pause < left and self._counts.count(service, left - pause)
            if is_absent and not self._reply.ready():  # it may arrive during the count
                raise UnknownService(service)
            pause = LIFE_SECONDS
        return wait_for(self._reply, 0)

    def end(self, error: BaseException | None = None) -> None:
        kind = None if error is None else type(error).__name__
        self._end(kind or "ok", kind)

    def abandon(self) -> None:
        self._end("abandoned", None)

    def _end(self, outcome: str, error: str | None) -> None:
        if self._ended:
            return
        self._ended = True
        self._listener.forget(self.correlation_id)
        seconds = time.monotonic() - self._started
        self._listener.container.metrics.called(self._target, outcome, seconds)
        self._span.end(error)
