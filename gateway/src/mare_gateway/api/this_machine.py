"""Who may reach this machine through the gateway: lists of jobs, and local callbacks."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import g, request

from mare_gateway.clients import is_loopback
from mare_gateway.problems import Problem, Refused

_HOST = re.compile(r"[A-Za-z]+://(?:\[([^/?#\]]*)\]|([^/?#:]*))")
"""The host of a URL, as the jobs service reads it; it refuses all URLs that do not match."""

_LOCALHOST = "localhost"
_NOT_LOCAL = Problem(
    status=403,
    code="local_callback_refused",
    detail="Callbacks go to this machine only for requests from it, to its address or localhost.",
)


def is_sent_to_an_address() -> bool:
    """Return whether ``Host`` of the current request is an address or ``localhost``.

    A name could be that of another site, whose page resolves it to this machine (DNS rebinding).
    """
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
        return host == _LOCALHOST or bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def check_callback(callback: Mapping[str, Any] | None) -> None:
    """Raise Refused if a client elsewhere wants a callback to this machine.

    The statuses of its deliveries would show which ports are open here.
    """
    if callback is None or not _leads_here(callback["url"]):
        return
    if not (g.client.is_here and is_sent_to_an_address()):
        raise Refused(_NOT_LOCAL)


def _leads_here(url: str) -> bool:
    found = _HOST.match(url)
    host = (found[1] or found[2] or "").lower() if found else ""
    return host == _LOCALHOST or is_loopback(host)
