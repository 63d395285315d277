"""The playlists service and the world around it."""
