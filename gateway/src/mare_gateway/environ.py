"""The WSGI environment (PEP 3333) of a request that arrived by ASGI."""

import io
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

Environ = dict[str, Any]
Scope = MutableMapping[str, Any]

HEADER_CHARACTERS = "mare_gateway.header_characters"
"""Key of the environment: characters of the names and values of all header fields."""

_CONSTANTS: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
_OWN_NAMES = {"HTTP_CONTENT_TYPE": "CONTENT_TYPE", "HTTP_CONTENT_LENGTH": "CONTENT_LENGTH"}


def environ_of(scope: Scope) -> Environ:
    """Return the environment of a request, still without its body."""
    return {
        **_CONSTANTS,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        **_headers(tuple(scope["headers"])),
    }


def add_body(environ: Environ, body: bytes) -> None:
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)  # the body has been decoded


@lru_cache(maxsize=128)
def _headers(headers: tuple[tuple[bytes, bytes], ...]) -> Environ:
    """Return the keys of all header fields, which most clients send again with each request.

    128 heads of 20 KiB, the largest that granian accepts, take 6 MB.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        key = _key(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        if key in found:
            separator = ";" if key == "HTTP_COOKIE" else ","
            text = f"{found[key]}{separator}{text}"
        found[key] = text
    return {HEADER_CHARACTERS: sum(map(len, [*found, *found.values()])), **found}


@lru_cache(maxsize=256)
def _key(name: bytes) -> str | None:
    """Return the key of a header field; None for an underscore, which WSGI takes for a hyphen.

    With `X_Forwarded_For` a client could choose the value of `X-Forwarded-For`.
    """
    if b"_" in name:
        return None
    key = f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
    return _OWN_NAMES.get(key, key)
