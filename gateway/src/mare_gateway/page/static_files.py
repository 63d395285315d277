"""The style sheet, scripts and pictures of the page, under a path that changes with them."""

import gzip
import hashlib
from importlib.resources import files

from flask import Blueprint, Response, abort, request

_SHEETS = ("skies", "scene", "weather", "layout", "ask", "answer")
"""In this order they are one style sheet: each file would be a request before the first paint."""

_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "jpg": "image/jpeg",
}
_COMPRESSED_ALREADY = ".jpg"
_FOREVER = "public, max-age=31536000, immutable"


class StaticFiles:
    """All files, in memory: about 50 kB, 15 kB compressed, and the pictures of link previews."""

    def __init__(self) -> None:
        folder = files(__package__).joinpath("static")
        found = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
        sheet = b"\n".join(found.pop(f"{name}.css") for name in _SHEETS)
        self._files = found | {"page.css": sheet}
        self._compressed = {
            name: gzip.compress(content, mtime=0)
            for name, content in self._files.items()
            if not name.endswith(_COMPRESSED_ALREADY)
        }
        contents = b"\0".join(content for _, content in sorted(self._files.items()))
        self._version = hashlib.blake2b(contents, digest_size=6).hexdigest()
        self.path = f"/page/{self._version}"

    def routes(self) -> Blueprint:
        """Return the route ``/page/<version>/<name>``.

        Another version gets the present files, not to be cached: a page of the previous release
        asks for them during a rolling upgrade.
        """
        routes = Blueprint("page_files", __name__)

        @routes.get("/page/<version>/<name>")
        def static_file(version: str, name: str) -> Response:
            media_type = _TYPES.get(name.rpartition(".")[2])
            if name not in self._files or media_type is None:
                abort(404)
            compresses = name in self._compressed and request.accept_encodings["gzip"] > 0
            content = (self._compressed if compresses else self._files)[name]
            response = Response(content, mimetype=media_type)
            if compresses:
                response.headers["Content-Encoding"] = "gzip"
            response.headers["Vary"] = "Accept-Encoding"
            response.headers["Cache-Control"] = _FOREVER if version == self._version else "no-store"
            return response

        return routes
