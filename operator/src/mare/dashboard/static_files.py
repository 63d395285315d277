"""The files of the page, read once: whatever a path says, only these are served."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

from mare.dashboard.problem import Refused

INDEX = "index.html"
_KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
}
_TEXTS = {"html", "css", "js", "svg"}


@dataclass(frozen=True, slots=True)
class File:
    kind: str
    is_text: bool
    content: bytes
    etag: str


def read_page() -> Mapping[str, File]:
    """All files by their path below page/."""
    return dict(_read(files("mare.dashboard") / "page", ""))


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, File]]:
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        path = f"{prefix}{each.name}"
        suffix = each.name.rpartition(".")[2]
        if each.is_dir():
            yield from _read(each, f"{path}/")
        elif suffix in _KINDS:
            content = each.read_bytes()
            etag = hashlib.sha256(content).hexdigest()[:32]
            yield path, File(_KINDS[suffix], suffix in _TEXTS, content, etag)


def answer(request: web.Request, page: Mapping[str, File], path: str) -> web.Response:
    file = page.get(path)
    if file is None:
        raise Refused(404, "NotFound", "There is no such file.")
    headers = {"Cache-Control": "no-cache"}
    if any(each.value in {file.etag, "*"} for each in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(
            body=file.content,
            content_type=file.kind,
            charset="utf-8" if file.is_text else None,
            headers=headers,
        )
    response.etag = file.etag
    return response
