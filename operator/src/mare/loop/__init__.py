"""Look, decide, act: again and again, for every object on its own."""
