"""Search terms for a mood, and the choice of tracks."""
