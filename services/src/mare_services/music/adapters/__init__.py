"""Music sources: APIs of third parties and the catalogue."""
