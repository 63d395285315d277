"""The OpenAPI document and a page to read and try it, with nothing loaded from elsewhere."""

from pathlib import Path

import flask_openapi3_swagger  # type: ignore[import-untyped]
from flask import Blueprint, Response, jsonify, url_for
from flask_openapi3.openapi import OpenAPI

_ASSETS = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    # Swagger UI writes style attributes
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{assets}images/swagger.svg">
<link rel="stylesheet" href="{assets}css/swagger-ui.css">
<main id="docs"></main>
<script src="{assets}js/swagger-ui-bundle.js"></script>
<script src="{start}"></script>
"""
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
    """Return the routes /openapi.json, /docs and the page's files."""
    routes = Blueprint("docs", __name__, static_folder=_ASSETS, static_url_path="/docs/assets")

    @routes.get("/openapi.json")
    def document() -> Response:
        description = dict(app.api_doc)
        # flask-openapi3 writes null where there are no security schemes, which is not valid
        components = description["components"].items()
        description["components"] = {name: part for name, part in components if part is not None}
        return jsonify(description)

    @routes.get("/docs")
    def page() -> Response:
        assets = url_for("docs.static", filename="")
        html = _PAGE.format(title=app.info.title, assets=assets, start=url_for("docs.start"))
        return Response(html, mimetype="text/html", headers={"Content-Security-Policy": _POLICY})

    @routes.get("/docs/start.js")
    def start() -> Response:
        return Response(_START, mimetype="text/javascript")

    return routes
