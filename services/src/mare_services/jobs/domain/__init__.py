"""The life of a job, without input or output, clock or environment."""
