"""Completes the OpenAPI document of flask-openapi3, which lacks headers and most statuses."""

import copy
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

SECURITY_SCHEMES: Json = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `mare-gateway keys new`, if the operator has set keys.",
    }
}

_PROBLEM: Json = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
}
_COMMON = {
    "401": "The API key is invalid, or this request needs one.",
    "403": "The API key lacks the scope, or the list is not allowed.",
    "405": "The path does not support the method: `Allow` has those that it supports.",
    "414": "The URL is too long.",
    "431": "The header fields are too large.",
    "500": "The gateway failed. Its log has the error of the `request_id`.",
}
_OF_BODIES = {
    "413": "The request body is too large.",
    "415": "The request body is not JSON, or its Content-Type is not `application/json`.",
}


def _header(description: str, kind: str = "string") -> Json:
    return {"description": description, "schema": {"type": kind}}


_RESPONSE_HEADERS: dict[str, Json] = {
    "X-Request-Id": _header("Id of the request, as sent by the client or a new one."),
    "RateLimit": _header("What is left of the limit (draft-ietf-httpapi-ratelimit-headers)."),
    "RateLimit-Policy": _header("The limits, if there are any."),
}
_OF_STATUS: dict[str, dict[str, Json]] = {
    "202": {
        "Location": _header("Path of the job."),
        "Retry-After": _header("Seconds after which to read the job.", "integer"),
        "Preference-Applied": _header("The preferences that were applied (RFC 7240)."),
    },
    "307": {"Location": _header("Path of the stream.")},
    "401": {"WWW-Authenticate": _header("Bearer.")},
    "405": {"Allow": _header("The methods of the path.")},
    "429": {"Retry-After": _header("Seconds until the next try.", "integer")},
    "503": {"Retry-After": _header("Seconds until the next try.", "integer")},
    "504": {"Retry-After": _header("Seconds until the next try.", "integer")},
}
_OF_ENTITIES: dict[str, Json] = {
    "ETag": _header("Identifies the answer, for If-None-Match."),
    "Cache-Control": _header("How long the answer may be cached."),
}
_OF_ANSWERS: dict[str, Json] = {
    **_OF_ENTITIES,
    "Age": _header("Seconds since the gateway loaded the answer.", "integer"),
    "Content-Language": _header("Language of the answer."),
    "Vary": _header("Accept-Language."),
}

_ANSWERS = frozenset({"playlists", "places", "weather"})
_ENTITIES = _ANSWERS | {"get_job", "get_deliveries"}
_SUBMISSIONS = frozenset({"submit_playlist", "submit_batch"})


def _parameter(name: str, description: str, schema: Json, example: str) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": schema,
        "example": example,
    }


_IF_NONE_MATCH = _parameter(
    "If-None-Match", "ETags of answers that the client has.", {"type": "string"}, '"c0ffee"'
)
_ACCEPT_LANGUAGE = _parameter(
    "Accept-Language", "Chooses the language if `lang` is absent.", {"type": "string"}, "pt-BR"
)
_PREFER = _parameter(
    "Prefer", "`respond-async`, `wait=SECONDS` (RFC 7240).", {"type": "string"}, "wait=5"
)
_IDEMPOTENCY_KEY = _parameter(
    "Idempotency-Key",
    "The same key with the same request returns the first job.",
    {"type": "string", "pattern": "^[!#-~][!-~]{0,254}$"},
    "7f3a",
)
_PARAMETERS: dict[str, list[Json]] = {
    "playlists": [_ACCEPT_LANGUAGE, _IF_NONE_MATCH, _PREFER],
    "places": [_ACCEPT_LANGUAGE, _IF_NONE_MATCH],
    "weather": [_ACCEPT_LANGUAGE, _IF_NONE_MATCH],
    "get_job": [_IF_NONE_MATCH],
    "get_deliveries": [_IF_NONE_MATCH],
    "submit_playlist": [_ACCEPT_LANGUAGE, _PREFER, _IDEMPOTENCY_KEY],
    "submit_batch": [_ACCEPT_LANGUAGE, _IDEMPOTENCY_KEY],
}


def operation_id(name: str, path: str, method: str) -> str:
    del path, method
    return name


def completed(document: Mapping[str, Any], answers: Mapping[str, Any], examples: Json) -> Json:
    """Return the whole document."""
    whole: Json = copy.deepcopy(dict(document))
    schemas = {**whole["components"]["schemas"], **answers}
    # flask-openapi3 adds "securitySchemes": null, which is invalid.
    whole["components"] = {"schemas": schemas, "securitySchemes": SECURITY_SCHEMES}
    whole["servers"] = [{"url": "/", "description": "The gateway that serves this document."}]
    whole["security"] = [{}, {"apiKey": []}]
    for operations in whole["paths"].values():
        for operation in operations.values():
            _complete(operation, examples)
    return whole


def _complete(operation: Json, examples: Json) -> None:
    name, responses = operation["operationId"], operation["responses"]
    operation["description"] = operation.get("description", "").replace("<br/>", "\n").strip()
    operation.setdefault("parameters", []).extend(_PARAMETERS.get(name, []))
    if name in _ENTITIES:
        responses["304"] = {"description": "The client has this answer."}
    described = _COMMON | (_OF_BODIES if "requestBody" in operation else {})
    for status, description in described.items():
        responses.setdefault(status, {"description": description, "content": _PROBLEM})
    for status, response in responses.items():
        response["headers"] = {
            **_RESPONSE_HEADERS,
            **_OF_STATUS.get(status, {}),
            **(_entity_headers(name) if status in ("200", "304") else {}),
        }
        _add_examples(response, examples)
    if name in _SUBMISSIONS:
        (media,) = operation["requestBody"]["content"].values()
        media["example"] = examples[name]
    operation["responses"] = dict(sorted(responses.items()))


def _entity_headers(name: str) -> dict[str, Json]:
    if name in _ANSWERS:
        return _OF_ANSWERS
    return _OF_ENTITIES if name in _ENTITIES else {}


def _add_examples(response: Json, examples: Json) -> None:
    for media in response.get("content", {}).values():
        schema = media.get("schema", {})
        references = [schema, *schema.get("oneOf", [])]
        names = [each["$ref"].rpartition("/")[2] for each in references if "$ref" in each]
        found = {name: {"value": examples[name]} for name in names if name in examples}
        if found:
            media["examples"] = found
