"""Where a name points, what the climate says, when the sun is up: pure, whatever the sources."""
