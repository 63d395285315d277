"""The application factory."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NoReturn

from flask import Response, g, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from mare_gateway.api import parameters
from mare_gateway.api.forward import Forward
from mare_gateway.api.routes import QUERIES, routes
from mare_gateway.caching.answer_cache import AnswerCache
from mare_gateway.caching.middleware import CachedResponses
from mare_gateway.calls import Calls
from mare_gateway.clients import INVALID_KEY, Authenticator
from mare_gateway.cross_origin import CrossOrigin
from mare_gateway.docs import docs
from mare_gateway.entry import Entry
from mare_gateway.failures import handle_failures, respond
from mare_gateway.keys import SCOPES
from mare_gateway.metrics import Metrics
from mare_gateway.observation import observe
from mare_gateway.page.routes import page
from mare_gateway.page.static_files import StaticFiles
from mare_gateway.problems import Refused
from mare_gateway.protocol import enforce_protocol
from mare_gateway.responses import add_security_headers, allow_cross_origin
from mare_gateway.settings import Settings
from mare_nameko.client import RpcClient
from mare_nameko.tracing import create_tracer

_DESCRIPTION = """\
Suggests a playlist that fits the weather at a city or at coordinates.

Problems are RFC 9457 documents with a stable `code`. Answers carry an `ETag`; `degraded` lists the
parts that are less than a fresh answer of a live source.
"""
_PARAMETERS = {query.__name__: tuple(query.model_fields) for query in QUERIES}


def create_app(settings: Settings, rpc: RpcClient | None = None) -> OpenAPI:
    """Return the gateway as a WSGI application.

    It connects to the broker on the first call, or when ``app.extensions["rpc"].start()`` is
    called.
    """
    rpc = RpcClient(settings.rpc_options()) if rpc is None else rpc
    metrics = Metrics()
    tracer = create_tracer("gateway", export=settings.exports_traces)
    app = OpenAPI(
        __name__,
        info=Info(title="Maré", version=version("mare-gateway"), description=_DESCRIPTION),
        doc_ui=False,
        validation_error_status=400,
        validation_error_callback=_invalid,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.ensure_sync = _synchronous  # type: ignore[assignment, method-assign]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions |= {"rpc": rpc, "metrics": metrics, "tracer": tracer}
    authenticator = Authenticator(settings)
    cross_origin = CrossOrigin(settings.cors_origins)
    observe(app, metrics, tracer)
    enforce_protocol(app)

    @app.before_request
    def identify() -> Response | None:
        address = request.environ["REMOTE_ADDR"]
        client = authenticator.identify(request.headers.get("Authorization"), address)
        if client is None:
            return respond(INVALID_KEY)
        g.client = client
        return None

    count = None
    count_as: Callable[[int], None] = _uncounted
    if settings.rate_limit or settings.key_rate_limit:
        from mare_gateway.rate_limit import RateLimiter  # noqa: PLC0415  takes 0.1 s
        from mare_gateway.request_counting import limit_rate  # noqa: PLC0415

        limiter = RateLimiter(settings)
        count_as = limit_rate(app, limiter)
        count = limiter.count_anonymous
    allow_cross_origin(app, cross_origin)
    add_security_headers(app)
    handle_failures(app)
    caches = settings.cache_seconds > 0 and settings.cache_bytes > 0
    cache = AnswerCache(settings.cache_bytes) if caches else None
    cached = None
    if cache is not None:
        cached = CachedResponses(
            cache=cache,
            authenticator=authenticator,
            cross_origin=cross_origin,
            metrics=metrics,
            count=count,
            may_block=settings.shares_rate_limits,
        )
    entry = Entry(app.wsgi_app, cached, settings.trusted_proxies)
    app.wsgi_app = entry  # type: ignore[method-assign]
    app.extensions["entry"] = entry
    calls = Calls(rpc, metrics, tracer, settings.timeout)
    forward = Forward(
        calls,
        cache,
        metrics,
        seconds=settings.cache_seconds,
        public=authenticator.anonymous_may_read,
    )
    api = routes(
        calls,
        forward,
        max_waiting=max(1, settings.threads // 6),
        count_as=count_as,
    )
    app.register_api(api)
    app.register_blueprint(docs(app, frozenset(SCOPES) - authenticator.anonymous_scopes))
    files = StaticFiles()
    app.register_blueprint(files.routes())
    app.register_blueprint(page(calls, files, behind_proxy=settings.trusted_proxies > 0))
    return app


def _synchronous(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function: Flask would check each of 11 in each request for being a coroutine."""
    return function


def _uncounted(_requests: int) -> None: ...


def _invalid(error: ValidationError) -> NoReturn:
    raise Refused(parameters.problem(error, _PARAMETERS))
