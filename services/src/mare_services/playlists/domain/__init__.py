"""From weather to mood, as pure functions."""
