"""The playlists service."""
