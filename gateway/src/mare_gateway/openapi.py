"""Completes the OpenAPI document of flask-openapi3 by the parts in api/openapi.json.

It lacks headers and most statuses.
"""

import copy
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

Json = dict[str, Any]

_PARTS: Json = msgspec.json.decode(files("mare_gateway.api").joinpath("openapi.json").read_bytes())
_PROBLEM: Json = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
}
_ANSWERS = frozenset({"playlists", "places", "weather"})
_ENTITIES = _ANSWERS | {"get_job", "get_deliveries"}
_SUBMISSIONS = frozenset({"submit_playlist", "submit_batch"})


def operation_id(name: str, path: str, method: str) -> str:
    del path, method
    return name


def completed(document: Mapping[str, Any], answers: Mapping[str, Any], examples: Json) -> Json:
    """Return the whole document."""
    whole: Json = copy.deepcopy(dict(document))
    schemas = {**whole["components"]["schemas"], **answers}
    # flask-openapi3 adds "securitySchemes": null, which is invalid.
    whole["components"] = {"schemas": schemas, "securitySchemes": _PARTS["securitySchemes"]}
    whole["servers"] = [{"url": "/", "description": "The gateway that serves this document."}]
    whole["security"] = [{}, {"apiKey": []}]
    for operations in whole["paths"].values():
        for operation in operations.values():
            _complete(operation, examples)
    return whole


def _complete(operation: Json, examples: Json) -> None:
    name, responses = operation["operationId"], operation["responses"]
    operation["description"] = operation.get("description", "").replace("<br/>", "\n").strip()
    names = _PARTS["parametersOfOperations"].get(name, ())
    operation.setdefault("parameters", []).extend(_PARTS["parameters"][each] for each in names)
    if name in _ENTITIES:
        responses["304"] = {"description": "The client has this answer."}
    described = _PARTS["problems"] | (
        _PARTS["problemsOfBodies"] if "requestBody" in operation else {}
    )
    for status, description in described.items():
        responses.setdefault(status, {"description": description, "content": _PROBLEM})
    for status, response in responses.items():
        response["headers"] = {
            **_PARTS["headers"],
            **_PARTS["headersOfStatuses"].get(status, {}),
            **(_entity_headers(name) if status in ("200", "304") else {}),
        }
        _add_examples(response, examples)
    if name in _SUBMISSIONS:
        (media,) = operation["requestBody"]["content"].values()
        media["example"] = examples[name]
    operation["responses"] = dict(sorted(responses.items()))


def _entity_headers(name: str) -> dict[str, Json]:
    entities: dict[str, Json] = _PARTS["headersOfEntities"] if name in _ENTITIES else {}
    return {**entities, **_PARTS["headersOfAnswers"]} if name in _ANSWERS else entities


def _add_examples(response: Json, examples: Json) -> None:
    for media in response.get("content", {}).values():
        schema = media.get("schema", {})
        references = [schema, *schema.get("oneOf", [])]
        names = [each["$ref"].rpartition("/")[2] for each in references if "$ref" in each]
        found = {name: {"value": examples[name]} for name in names if name in examples}
        if found:
            media["examples"] = found
