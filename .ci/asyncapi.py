"""The AsyncAPI document of the events and RPC methods, from the services' contract.

tests/unit/services compares the tables with the entrypoints of the services,
tests/integration/system with what travels.
"""

from importlib.metadata import version
from typing import Any

import yaml
from contract import schemas

from mare_services.contract import callbacks, jobs, music, places, suggestion, weather

EVENTS: dict[str, tuple[type, tuple[str, ...]]] = {
    "jobs.job_accepted": (jobs.JobAccepted, ("playlists.compose",)),
    "jobs.job_changed": (jobs.JobChanged, ()),
    "jobs.callback_due": (callbacks.CallbackDue, ("webhooks.deliver",)),
    "playlists.job_started": (jobs.JobStarted, ("jobs.job_started",)),
    "playlists.weather_observed": (jobs.WeatherObserved, ("jobs.weather_observed",)),
    "playlists.playlist_composed": (jobs.PlaylistComposed, ("jobs.playlist_composed",)),
    "playlists.playlist_failed": (jobs.PlaylistFailed, ("jobs.playlist_failed",)),
    "webhooks.callback_attempted": (callbacks.CallbackAttempted, ("jobs.callback_attempted",)),
}
"""By publisher and type: what an event contains, and the methods that handle it."""

METHODS: dict[str, tuple[Any, Any]] = {
    "weather.search": (places.PlaceSearch, places.PlaceList),
    "weather.observe": (places.PlaceQuery, weather.WeatherReport),
    "weather.report": (weather.WeatherQuery, weather.WeatherReport),
    "music.compose": (music.MusicRequest, music.Composed),
    "playlists.suggest": (suggestion.SuggestionRequest, suggestion.Suggestion),
    "jobs.accept": (jobs.JobSubmission, jobs.JobView),
    "jobs.accept_batch": (jobs.BatchSubmission, jobs.BatchView),
    "jobs.list_jobs": (jobs.JobListQuery, jobs.JobList),
    "jobs.get": (jobs.JobQuery, jobs.JobView | jobs.BatchView),
    "jobs.cancel": (jobs.JobQuery, jobs.JobView | jobs.BatchView),
    "jobs.retry": (jobs.JobQuery, jobs.JobView),
    "jobs.deliveries": (jobs.JobQuery, callbacks.DeliveryList),
    "jobs.callbacks_ended": (jobs.JobQuery, callbacks.CallbacksEnded),
}
"""By service and method: the argument and the result."""

_HEADERS = {
    "type": "object",
    "properties": {
        "nameko.call_id_stack": {"type": "array", "items": {"type": "string"}},
        "nameko.deadline": {"type": "number", "description": "Seconds since the epoch."},
        "nameko.request_id": {"type": "string"},
        "nameko.traceparent": {"type": "string", "description": "W3C Trace Context."},
    },
}


Parts = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
"""Channels, operations and messages by their names."""


def document() -> dict[str, Any]:
    payloads = [kind for kind, _ in EVENTS.values()]
    payloads += [each for pair in METHODS.values() for each in pair]
    described, definitions = schemas(payloads, "validation")
    following = iter(described)
    parts: Parts = ({}, {}, {})
    for name in EVENTS:
        _add_event(parts, name, next(following))
    for name in METHODS:
        _add_method(parts, name, next(following), next(following))
    channels, operations, messages = parts
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Maré: events and calls",
            "version": version("mare-services"),
            "description": "What the services exchange over RabbitMQ, in the formats of Nameko.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"rabbitmq": {"host": "rabbitmq:5672", "protocol": "amqp"}},
        "channels": channels,
        "operations": operations,
        "components": {"schemas": definitions, "messages": messages},
    }


def _add_event(parts: Parts, name: str, payload: Any) -> None:
    channels, operations, messages = parts
    service, _, kind = name.partition(".")
    exchange = {"name": f"{service}.events", "type": "topic", "durable": True}
    channels[name] = {
        "address": kind,
        "messages": {kind: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }
    operations[f"publish.{name}"] = _operation("send", name)
    for handler in EVENTS[name][1]:
        queue = f"evt-{service}-{kind}--{handler}"
        operations[f"{handler}.{name}"] = _operation("receive", name) | {
            "description": f"Queue `{queue}`, quorum, one delivery for each event."
        }
    messages[name] = _message(payload)


def _add_method(parts: Parts, name: str, argument: Any, result: Any) -> None:
    channels, operations, messages = parts
    queue = {"name": f"rpc-{name.partition('.')[0]}", "durable": True}
    channels[name] = {
        "address": name,
        "messages": {"request": {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"amqp": {"is": "queue", "queue": queue}},
    }
    channels[f"{name}.reply"] = {
        "address": None,
        "messages": {"reply": {"$ref": f"#/components/messages/{name}.reply"}},
    }
    operations[f"call.{name}"] = _operation("receive", name) | {
        "reply": {
            "address": {"location": "$message.header#/reply_to"},
            "channel": {"$ref": f"#/channels/{name}.reply"},
        }
    }
    messages[name] = _message(
        {
            "type": "object",
            "required": ["args", "kwargs"],
            "properties": {
                "args": {"type": "array", "prefixItems": [argument], "minItems": 1, "maxItems": 1},
                "kwargs": {"type": "object", "maxProperties": 0},
            },
        }
    )
    error = {"type": "object", "required": ["exc_type", "exc_args", "value"]}
    messages[f"{name}.reply"] = _message(
        {
            "type": "object",
            "required": ["result", "error"],
            "properties": {
                "result": {"anyOf": [result, {"type": "null"}]},
                "error": {"anyOf": [error, {"type": "null"}]},
            },
        }
    )


def _operation(action: str, channel: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}}


def _message(payload: Any) -> dict[str, Any]:
    return {"contentType": "application/json", "headers": _HEADERS, "payload": payload}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def text() -> str:
    head = "# Generated from the services' contract: run 'make schema'.\n"
    return head + yaml.dump(
        document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
