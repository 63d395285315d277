"""Who is answered at all: reading alone, by a name that is ours, from no foreign page.

A page of another site could have its visitor's browser ask us under a name that it resolves to our
address; so names that are not ours are refused. A literal address cannot be resolved to anything.
"""

from collections.abc import Collection
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mare.dashboard.problem import Refused

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


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """For every answer, streams and refusals included."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")


def guard(hosts: Collection[str]) -> Middleware:
    allowed = {each.lower() for each in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check(request, allowed)
            return await handler(request)
        except Refused as refused:
            return refused.response()
        except web.HTTPException as error:
            code = error.reason.replace(" ", "")
            return Refused(error.status, code, f"{error.reason}.").response()

    return guarded


def _check(request: web.Request, allowed: Collection[str]) -> None:
    if request.method not in {"GET", "HEAD"}:
        raise Refused(405, "MethodNotAllowed", "Only reading is possible: GET and HEAD.")
    host = request.headers.get("Host", "")
    name = name_of(host)
    if not (is_own(name) or name in allowed):
        text = "This name is not served; add it to MARE_DASHBOARD_HOSTS if it is yours."
        raise Refused(421, "UnknownHost", text)
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin.partition("://")[2].lower() != host.lower()
    navigates = request.headers.get("Sec-Fetch-Mode") == "navigate"
    site = request.headers.get("Sec-Fetch-Site", "none")
    if foreign or (site not in {"same-origin", "none"} and not navigates):
        raise Refused(403, "ForeignOrigin", "Other sites may not read this.")


def name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def is_own(name: str) -> bool:
    """Whether a name cannot be somebody else's: localhost or a literal address."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
