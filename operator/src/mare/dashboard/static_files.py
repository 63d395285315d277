"""The files of the page. All are read at the start, so that no path of a request is opened."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

from mare.dashboard.http_rules import HttpError

INDEX = "index.html"
_CONTENT_TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
}
_TEXTS = {"html", "css", "js", "svg"}


@dataclass(frozen=True, slots=True)
class File:
    content_type: str
    is_text: bool
    content: bytes
    etag: str


def read_page() -> Mapping[str, File]:
    return dict(_read(files("mare.dashboard") / "page", ""))


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, File]]:
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        path = f"{prefix}{each.name}"
        suffix = each.name.rpartition(".")[2]
        if each.is_dir():
            yield from _read(each, f"{path}/")
        elif suffix in _CONTENT_TYPES:
            content = each.read_bytes()
            etag = hashlib.sha256(content).hexdigest()[:32]
            yield path, File(_CONTENT_TYPES[suffix], suffix in _TEXTS, content, etag)


def answer(request: web.Request, page: Mapping[str, File], path: str) -> web.Response:
    file = page.get(path)
    if file is None:
        raise HttpError(404, "NotFound", "This file does not exist.")
    headers = {"Cache-Control": "no-cache"}
    if any(each.value in {file.etag, "*"} for each in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(
            body=file.content,
            content_type=file.content_type,
            charset="utf-8" if file.is_text else None,
            headers=headers,
        )
    response.etag = file.etag
    return response
