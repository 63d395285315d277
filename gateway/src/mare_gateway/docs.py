"""The OpenAPI document and a page to read and try it. The page loads nothing from other hosts.

The files of Swagger UI, at /docs/assets, are served by granian: see server.py.
"""

import functools
from importlib.resources import files
from string import Template

import msgspec
from flask import Blueprint, Response, url_for
from flask_openapi3.openapi import OpenAPI

from mare_gateway.openapi import completed

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    # Swagger UI writes style attributes
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_START = """\
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""


def docs(app: OpenAPI) -> Blueprint:
    routes = Blueprint("docs", __name__)
    # Generated from the services' contract by .ci/answers.py.
    answers = msgspec.json.decode(_read("answers.json"))
    examples = msgspec.json.decode(_read("examples.json"))
    html = Template(_read("docs.html"))

    @functools.cache
    def whole() -> bytes:
        return msgspec.json.encode(completed(app.api_doc, answers, examples))

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


def _read(name: str) -> str:
    return files("mare_gateway.api").joinpath(name).read_text(encoding="utf-8")
