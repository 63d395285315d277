"""HTTP rules of the dashboard: errors as JSON, security headers, and which requests are served.

DNS rebinding: a page of another site can resolve its own name to the address of the dashboard and
read it from a visitor's browser. Therefore only known names are served. A literal IP address needs
no lookup, so it is always allowed.
"""

from collections.abc import Collection
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mare.dashboard.operator_status import Leader
from mare.dashboard.serialize import encode_json

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Server": "mare",
}


class HttpError(Exception):
    """An error response: JSON with a code and a sentence."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after: int | None = None,
        **details: str | None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.body = {"error": {"code": code, "message": message, **details}}

    def response(self) -> web.Response:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == 405:  # noqa: PLR2004
            headers["Allow"] = "GET, HEAD"
        return web.Response(
            status=self.status,
            text=encode_json(self.body),
            content_type="application/json",
            headers=headers,
        )


def standby_error(leader: Leader) -> HttpError:
    state = f"{leader.name} is the leader" if leader.name else "the leader is not known"
    text = f"This replica is on standby: {state}."
    return HttpError(503, "Standby", text, retry_after=2, leader=leader.name)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers to every response, including streams and errors."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")


def check_requests(hosts: Collection[str]) -> Middleware:
    """Return a middleware that serves only reads, by a known name, from the same origin."""
    allowed = {each.lower() for each in hosts}

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check(request, allowed)
            return await handler(request)
        except HttpError as error:
            return error.response()
        except web.HTTPException as error:
            code = error.reason.replace(" ", "")
            return HttpError(error.status, code, f"{error.reason}.").response()

    return checked


def _check(request: web.Request, allowed: Collection[str]) -> None:
    if request.method not in {"GET", "HEAD"}:
        raise HttpError(405, "MethodNotAllowed", "The dashboard is read-only: use GET or HEAD.")
    host = request.headers.get("Host", "")
    name = host_name(host)
    if not (is_local(name) or name in allowed):
        text = "This host name is not allowed. If it is yours, add it to MARE_DASHBOARD_HOSTS."
        raise HttpError(421, "UnknownHost", text)
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and origin.partition("://")[2].lower() != host.lower()
    is_navigation = request.headers.get("Sec-Fetch-Mode") == "navigate"
    site = request.headers.get("Sec-Fetch-Site", "none")
    if is_foreign or (site not in {"same-origin", "none"} and not is_navigation):
        raise HttpError(403, "ForeignOrigin", "Pages of other sites cannot read the dashboard.")


def host_name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def is_local(name: str) -> bool:
    """Return whether a name is localhost or a literal IP address."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
