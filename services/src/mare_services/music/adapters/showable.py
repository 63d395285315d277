"""What of an upstream's text a page may show."""

from typing import TypeGuard

LONGEST_TITLE = 300


def is_link(url: str | None) -> TypeGuard[str]:
    """Return whether ``url`` is one that a page may show as a link."""
    return url is not None and url.startswith("https://")
