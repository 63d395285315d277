"""Requests that one call to a service answers, with the cache in front of the call."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import msgspec
from flask import Response, request

from mare_gateway.caching.answer_cache import Answer, AnswerCache, encode
from mare_gateway.caching.middleware import alias_of
from mare_gateway.calls import Calls
from mare_gateway.metrics import Metrics
from mare_gateway.responses import answer_response
from mare_nameko.client import CallTimedOut

_encode_key = msgspec.json.Encoder(order="deterministic").encode


@dataclass(eq=False)
class Forward:
    """Returns the answer of a service, or the cached answer to the same request."""

    call: Calls
    cache: AnswerCache | None
    metrics: Metrics
    _: KW_ONLY
    seconds: int
    public: bool

    def __call__(self, target: str, message: Mapping[str, Any]) -> Response:
        """Return the response with the reply of ``target`` to ``message``. Raises RpcError."""

        def load() -> Answer:
            return self._encode(self.call(target, message), message)

        def reload() -> Answer:
            return self._encode(self.call.detached(target, message), message)

        if self.cache is None:
            return answer_response(load(), request)
        key = target.encode() + _encode_key(message)
        try:
            found = self.cache.get(key, load, reload=reload, seconds=self.call.seconds_left())
        except TimeoutError:
            raise CallTimedOut(f"another call to {target} did not return in time") from None
        self.metrics.cache.labels(found.outcome).inc()
        self.cache.add_alias(alias_of(request.environ), key)
        return answer_response(found.answer, request, age=found.age)

    def _encode(self, reply: Mapping[str, Any], message: Mapping[str, Any]) -> Answer:
        language = message["lang"]
        return encode(reply, seconds=self.seconds, language=language, public=self.public)
