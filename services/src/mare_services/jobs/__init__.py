"""Jobs: records of work that is done in the background."""
