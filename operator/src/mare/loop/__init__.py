"""Read, decide, write: again and again, for each object separately."""
