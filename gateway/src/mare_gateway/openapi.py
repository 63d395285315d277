"""Completes the OpenAPI document of flask-openapi3 by the parts in api/openapi.json.

It lacks headers, and the responses of each operation.
"""

import copy
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

Json = dict[str, Any]

_PARTS: Json = msgspec.json.decode(files("mare_gateway.api").joinpath("openapi.json").read_bytes())
_ANSWERS = frozenset({"playlists", "places", "weather"})


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
    name = operation["operationId"]
    operation["description"] = operation.get("description", "").replace("<br/>", "\n").strip()
    names = _PARTS["parametersOfOperations"].get(name, ())
    operation.setdefault("parameters", []).extend(_PARTS["parameters"][each] for each in names)
    described = _PARTS["problems"] | _PARTS["responsesOfOperations"][name]
    if "requestBody" in operation:
        described |= _PARTS["problemsOfBodies"]
    entities = _PARTS["headersOfEntities"] if "304" in described else {}
    answers = _PARTS["headersOfAnswers"] if name in _ANSWERS else {}
    operation["responses"] = {}
    for status, described_response in sorted(described.items()):
        response = operation["responses"][status] = _response(described_response, examples)
        response["headers"] = _PARTS["headers"] | _PARTS["headersOfStatuses"].get(status, {})
        if status in ("200", "304"):
            response["headers"] |= entities | answers
    if name in examples:
        (media,) = operation["requestBody"]["content"].values()
        media["example"] = examples[name]


def _response(described: str | Json, examples: Json) -> Json:
    """Return a response; a text describes a problem."""
    if isinstance(described, str):
        described = {"description": described, "schemas": ["ProblemDocument"]}
    response: Json = {"description": "OK"} | described
    if schemas := response.pop("schemas", None):
        references = [{"$ref": f"#/components/schemas/{schema}"} for schema in schemas]
        media: Json = {"schema": references[0] if len(references) == 1 else {"oneOf": references}}
        if found := {name: {"value": examples[name]} for name in schemas if name in examples}:
            media["examples"] = found
        kind = "problem+json" if schemas == ["ProblemDocument"] else "json"
        response["content"] = {f"application/{kind}": media}
    return response
