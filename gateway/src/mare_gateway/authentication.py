"""Sets the client of every request of the Flask application."""

from flask import Flask, Response, g, request

from mare_gateway.authenticator import INVALID_KEY, Authenticator
from mare_gateway.failures import respond


def authenticate(app: Flask, authenticator: Authenticator) -> None:
    """Set ``g.client`` for every request, or refuse an invalid key with 401."""

    @app.before_request
    def identify() -> Response | None:
        address = request.remote_addr or ""
        client = authenticator.identify(request.headers.get("Authorization"), address)
        if client is None:
            return respond(INVALID_KEY)
        g.client = client
        return None
