"""Spotify's Web API, as far as it is still open to new applications: search alone.

Recommendations, audio features, featured and category playlists are closed to new applications
since 27 November 2024, the tracks of other people's playlists since 11 February 2026; the latter
change also made 10 the largest page of a search.
https://developer.spotify.com/documentation/web-api/tutorials/february-2026-migration-guide

Spotify's developer policy asks for a link back with every item, its name in the attribution, and
that nothing is kept for longer than needed. https://developer.spotify.com/policy
"""
