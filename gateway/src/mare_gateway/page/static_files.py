"""The style sheets, scripts and pictures of the page, under a path that changes with them."""

import hashlib
from importlib.resources import files

from flask import Blueprint, Response, abort

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


class StaticFiles:
    """All files, in memory: about 40 kB."""

    def __init__(self) -> None:
        folder = files(__package__).joinpath("static")
        self._files = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
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
            content = self._files.get(name)
            media_type = _TYPES.get(name.rpartition(".")[2])
            if content is None or media_type is None:
                abort(404)
            response = Response(content, mimetype=media_type)
            response.headers["Cache-Control"] = _FOREVER if version == self._version else "no-store"
            return response

        return routes
