"""Links that find music on Spotify without knowing anybody's ids."""

from typing import Literal
from urllib.parse import quote


def search_link(words: str, kind: Literal["tracks", "playlists"]) -> str:
    """Return a link that opens Spotify's search, in the browser or in the app.

    A slash would end the query even when it is encoded, so that ``AC/DC`` is searched as two words.
    """
    query = " ".join(words.replace("/", " ").split())
    return f"https://open.spotify.com/search/{quote(query, safe='')}/{kind}"
