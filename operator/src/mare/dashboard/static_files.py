"""The files of the page. All are read at the start, so that no path of a request is opened."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web

from mare.dashboard.http_rules import HttpError

_CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class File:
    content_type: str
    content: bytes
    etag: str


def read_page() -> Mapping[str, File]:
    page = {}
    for each in (files("mare.dashboard") / "page").iterdir():
        content_type = _CONTENT_TYPES.get(each.name.rpartition(".")[2])
        if content_type is not None:
            content = each.read_bytes()
            page[each.name] = File(content_type, content, hashlib.sha256(content).hexdigest()[:32])
    return page


def answer(request: web.Request, page: Mapping[str, File], path: str) -> web.Response:
    file = page.get(path)
    if file is None:
        raise HttpError(404, "NotFound", "This file does not exist.")
    headers = {"Cache-Control": "no-cache"}
    if any(each.value in {file.etag, "*"} for each in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        headers["Content-Type"] = file.content_type
        response = web.Response(body=file.content, headers=headers)
    response.etag = file.etag
    return response
