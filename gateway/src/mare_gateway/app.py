"""The application factory: puts the parts together, does nothing itself."""

import logging
from importlib.metadata import version

from flask import Response, make_response, redirect
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError
from werkzeug.middleware.proxy_fix import ProxyFix

from mare_gateway.api import invalid
from mare_gateway.api.answers import ProblemDocument
from mare_gateway.api.routes import QUERIES, routes
from mare_gateway.calls import Calls
from mare_gateway.docs import docs
from mare_gateway.failures import handle_failures, respond
from mare_gateway.guards import guard
from mare_gateway.metrics import Metrics
from mare_gateway.observation import observe
from mare_gateway.settings import Settings
from mare_nameko.client import Rpc, RpcClient
from mare_nameko.tracing import create_tracer

log = logging.getLogger(__name__)

_DESCRIPTION = """\
City or coordinates in, a playlist for the weather there out.

Problems are RFC 9457 documents with a stable `code`. Answers carry an `ETag`; `degraded` lists the
parts that are less than fresh.
"""
_KNOWN = {query.__name__: tuple(query.model_fields) for query in QUERIES}


def create_app(settings: Settings, rpc: Rpc | None = None) -> OpenAPI:
    """Return the gateway as a WSGI application.

    It connects to the broker on the first call, so in the process that serves it; or earlier, when
    ``app.extensions["rpc"].start()`` is called there.
    """
    rpc = RpcClient(settings.rpc_options()) if rpc is None else rpc
    metrics = Metrics()
    app = OpenAPI(
        __name__,
        info=Info(title="Maré", version=version("mare-gateway"), description=_DESCRIPTION),
        doc_ui=False,
        validation_error_status=400,
        validation_error_model=ProblemDocument,
        validation_error_callback=_invalid,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions |= {"rpc": rpc, "metrics": metrics}
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
        )
    tracer = app.extensions["tracer"] = create_tracer(
        "gateway", export=bool(settings.otlp_endpoint)
    )
    observe(app, metrics, tracer)
    guard(app)
    handle_failures(app)
    call = Calls(rpc, metrics, tracer, settings.timeout)
    api = routes(call, cache_seconds=settings.cache_seconds)
    app.register_api(api)
    app.register_blueprint(docs(app))
    app.add_url_rule("/", "index", lambda: redirect("/docs"))
    if settings.rate_limit:
        from mare_gateway.limits import limit_rate  # noqa: PLC0415 - most gateways do without

        limit_rate(app, api, settings)
    return app


def _invalid(error: ValidationError) -> Response:
    return make_response(respond(invalid.problem(error, _KNOWN)))
