"""Spotify's Web API. New applications can use only the search.

Recommendations, audio features, featured and category playlists are closed to new applications
since 27 November 2024, the tracks of foreign playlists since 11 February 2026. Since then a page of
a search has at most 10 results.
https://developer.spotify.com/documentation/web-api/tutorials/february-2026-migration-guide

Spotify's developer policy requires a link to Spotify with every item, its name in the attribution,
and that nothing is stored for longer than needed. https://developer.spotify.com/policy
"""
