"""The OpenAPI document and a page to read and try it. The page loads nothing from other hosts.

The files of Swagger UI, at /docs/assets, are served by granian: see server.py. The document is that
of flask-openapi3, which lacks headers and the responses of each operation: api/openapi.json.
"""

import copy
import functools
from collections.abc import Collection, Mapping
from importlib.resources import files
from string import Template
from typing import Any

import msgspec
from flask import Blueprint, Response, url_for
from flask_openapi3.openapi import OpenAPI

from mare_gateway.api.routes import scope_of
from mare_gateway.keys import Scope

Json = dict[str, Any]


def _read(name: str) -> str:
    return files("mare_gateway.api").joinpath(name).read_text(encoding="utf-8")


_PARTS: Json = msgspec.json.decode(_read("openapi.json"))
_ANSWERS = frozenset({"playlists", "places", "weather"})
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    # Swagger UI writes style attributes
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_START = """\
const dark = matchMedia("(prefers-color-scheme: dark)");
const adopt = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", adopt);
adopt();
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""


def docs(app: OpenAPI, with_key: Collection[Scope]) -> Blueprint:
    routes = Blueprint("docs", __name__)
    # Generated from the services' contract by .ci/answers.py.
    answers = msgspec.json.decode(_read("answers.json"))
    examples = msgspec.json.decode(_read("examples.json"))
    html = Template(_read("docs.html"))

    @functools.cache
    def whole() -> bytes:
        return msgspec.json.encode(completed(app.api_doc, answers, examples, with_key))

    @routes.get("/openapi.json")
    def document() -> Response:
        return Response(whole(), mimetype="application/json")

    @routes.get("/docs")
    def documentation() -> Response:
        page = html.substitute(title=app.info.title, start=url_for("docs.start"))
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": _POLICY})

    @routes.get("/docs/start.js")
    def start() -> Response:
        return Response(_START, mimetype="text/javascript")

    return routes


def completed(
    document: Mapping[str, Any],
    answers: Mapping[str, Any],
    examples: Json,
    with_key: Collection[Scope],
) -> Json:
    whole: Json = copy.deepcopy(dict(document))
    schemas = {**whole["components"]["schemas"], **answers}
    del schemas["ValidationErrorModel"]  # those of a problem are in its place
    # flask-openapi3 adds "securitySchemes": null, which is invalid.
    whole["components"] = {"schemas": schemas}
    whole["servers"] = [{"url": "/", "description": "The gateway that serves this document."}]
    if with_key:
        whole["components"]["securitySchemes"] = _PARTS["securitySchemes"]
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            _complete(operation, examples)
            if scope_of(path, method.upper()) in with_key:
                operation["security"] = [{"apiKey": []}]
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
