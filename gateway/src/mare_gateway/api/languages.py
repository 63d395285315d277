"""The language of an answer."""

from flask import request

from mare_gateway.api.queries import Language


def preferred_language() -> Language:
    """Return the language that Accept-Language of the current request prefers, else English."""
    # werkzeug's best_match prefers any "en" to the best "pt-BR".
    for tag, quality in request.accept_languages:  # best first
        language = tag.partition("-")[0].lower()
        if quality > 0 and language in ("en", "pt"):
            return "pt" if language == "pt" else "en"
    return "en"
